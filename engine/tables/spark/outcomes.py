"""Predictions and labels of rows that lie in Spark, as tallies: by class, prediction and bin of the score."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.columns import Column, Kind
from engine.slices import Slice, Window, unit_of
from engine.summaries import Counts, Floats
from engine.tables.moments import start_of
from engine.tables.question import NUMBER, Question, read_sql
from engine.tables.sources import Dataset
from engine.tables.spark.coding import Sql, double
from engine.tables.spark.ranks import score_cut
from engine.tables.tallied_outcomes import COSTS, RANGE, SUMS, Tallies

Made = tuple[Tallies, Counts, Counts | None, Floats | None, Counts]  # tallies, target, predicted, scores, window
EPSILON = float(np.finfo(np.float64).eps)  # as engine.outcomes.classes_of clips


def outcomes_there(dataset: Dataset, asked: Question, cut: Slice, windows: Sequence[Window]) -> Made:
    """Tallies of a slice, each of one window: classes and mean score of its rows.

    Of numbers, target is rows with a label, and predicted None.
    """
    read = _classes if asked.task == "classification" else _numbers
    return read(dataset, asked, cut, windows)


def _classes(dataset: Dataset, asked: Question, cut: Slice, windows: Sequence[Window]) -> Made:
    condition, wanted = dataset.where(cut)
    target, more = _code("t", asked)
    predicted, values = "-1", [*more]
    if asked.prediction is not None:
        predicted, more = _code("p", asked)
        values += more
    elif asked.threshold is not None and asked.scores and asked.positive is not None:
        yes = f"CASE WHEN s >= {double(asked.threshold)} THEN {asked.positive} ELSE {1 - asked.positive} END"
        predicted = f"CASE WHEN isfinite(s) THEN {yes} ELSE -1 END"
    scored = bool(asked.scores) and dataset.has(asked.scores[0])
    cuts = score_cut(dataset, Column(asked.scores[0], "DOUBLE", Kind.NUMERIC), cut) if scored else None
    slot = cuts.sql("s", None) if cuts else "0"
    score = read_sql(dataset, asked.scores[0] if asked.scores else None, NUMBER)
    inner = (
        f"SELECT {_window(dataset, windows)} AS w, {read_sql(dataset, asked.target.name, asked.target)} AS t, "
        f"{_read(dataset, asked.prediction, asked.target)} AS p, {score} AS s FROM {dataset.scan} WHERE {condition}"
    )
    finite = "CASE WHEN isfinite(s) THEN s END"
    coded = f"SELECT w, {target} AS t, {predicted} AS p, {slot} AS k, {finite} AS s FROM ({inner}) AS r"
    costs = "0e0 AS loss, 0e0 AS square"
    if scored and asked.no_probability is None and asked.positive is not None:
        came = f"CASE WHEN t = {asked.positive} THEN s ELSE 1e0 - s END"
        square = f"CASE WHEN t = {asked.positive} THEN s - 1e0 ELSE s END"
        costs = f"-ln(least(greatest({came}, {double(EPSILON)}), {double(1 - EPSILON)})) AS loss, {square} AS off"
        costed = f"SELECT w, t, p, k, s, {costs} FROM ({coded}) AS c"
        costed = f"SELECT w, t, p, k, s, loss, off * off AS square FROM ({costed}) AS d"
    else:
        costed = f"SELECT w, t, p, k, s, {costs} FROM ({coded}) AS c"
    table = dataset.query(
        "SELECT w, t, p, k, count(*) AS n, sum(s) AS s, min(s) AS low, max(s) AS high, sum(loss) AS loss, "
        "sum(loss * loss) AS loss2, sum(square) AS square, sum(square * square) AS square2 "
        f"FROM ({costed}) AS e GROUP BY w, t, p, k",
        [*values, *wanted],
    )
    rows = _whole(table, "n")
    mean, merged = _means(table, rows)
    sums = np.nan_to_num(np.stack([_real(table, name) for name in COSTS], axis=1))
    said = _whole(table, "p") if asked.no_prediction is None else None
    found = Tallies(rows, sums, merged=merged), _whole(table, "t"), said, mean[:, None] if asked.scores else None
    return *found, _place(table, windows)


def _numbers(dataset: Dataset, asked: Question, cut: Slice, windows: Sequence[Window]) -> Made:
    condition, values = dataset.where(cut)
    inner = (
        f"SELECT {_window(dataset, windows)} AS w, {read_sql(dataset, asked.target.name, asked.target)} AS t, "
        f"{_read(dataset, asked.prediction, asked.target)} AS p FROM {dataset.scan} WHERE {condition}"
    )
    known = "isfinite(t) AND isfinite(p)"
    middle = dataset.query(f"SELECT avg(t) AS m FROM ({inner}) AS r WHERE {known}", values)["m"][0].as_py() or 0.0
    middle = float(middle) if np.isfinite(middle) and abs(middle) < 1e75 else 0.0
    each = (
        f"SELECT w, isfinite(t) AS labelled, CASE WHEN {known} THEN p - t END AS e, CASE WHEN {known} THEN t END AS y, "
        f"CASE WHEN {known} THEN t - {double(middle)} END AS d FROM ({inner}) AS r"
    )
    asked_for = {
        "n": "count(e)", "e": "sum(e)", "e2": "sum(e * e)", "a": "sum(abs(e))", "e4": "sum(e * e * e * e)",
        "d": "sum(d)", "d2": "sum(d * d)", "d3": "sum(d * d * d)", "d4": "sum(d * d * d * d)", "e2d": "sum(e * e * d)",
        "e2d2": "sum(e * e * d * d)", "q": "sum(CASE WHEN y <> 0e0 THEN abs(e) / abs(y) END)",
        "q2": "sum(CASE WHEN y <> 0e0 THEN (e / y) * (e / y) END)", "zeros": "count(CASE WHEN y = 0e0 THEN 1 END)",
        "largest": "greatest(max(abs(e)), max(abs(y)))", "smallest": "least(min(abs(e)), min(abs(y)))",
        "low": "min(y)", "high": "max(y)",
    }  # fmt: skip
    parts = ", ".join(f"{sql} AS {name}" for name, sql in asked_for.items())
    table = dataset.query(
        f"SELECT w, count(*) AS rows, count(CASE WHEN labelled THEN 1 END) AS labelled, {parts} FROM ({each}) AS x "
        "GROUP BY w",
        values,
    )
    sums, ends = (np.stack([_real(table, name) for name in names], axis=1) for names in (SUMS, RANGE))
    tallies = Tallies(_whole(table, "rows"), np.nan_to_num(sums), ends, middle)
    return tallies, _whole(table, "labelled"), None, None, _place(table, windows)


def _means(table: pa.Table, rows: Counts) -> tuple[Floats, NDArray[np.bool_]]:
    """One score for all rows of a slot, whatever came true: as far as is told they are ties. Not-a-number for none.

    And whether a slot holds several scores.
    """
    slots, place = np.unique(_whole(table, "k"), return_inverse=True)
    low, high = np.full(len(slots), np.inf), np.full(len(slots), -np.inf)
    known = np.isfinite(_real(table, "low"))  # all rows of a slot have a score, or none has
    np.minimum.at(low, place[known], _real(table, "low")[known])
    np.maximum.at(high, place[known], _real(table, "high")[known])
    total, n = (np.bincount(place, of, len(slots)) for of in (_real(table, "s"), rows))
    return np.where(low == high, low, total / n)[place], (low < high)[place]


def _code(value: str, asked: Question) -> Sql:
    """SQL for the number of a class, -1 for what is none."""
    names = tuple(asked.spellings) or asked.classes
    whens = " ".join(f"WHEN {value} = ? THEN {asked.classes.index(asked.spellings.get(one, one))}" for one in names)
    return f"CASE {whens} ELSE -1 END", [*names]


def _read(dataset: Dataset, prediction: Column | None, target: Column) -> str:
    return read_sql(dataset, prediction.name if prediction else None, target)


def _window(dataset: Dataset, windows: Sequence[Window]) -> str:
    unit = unit_of(windows[0]) if windows else None
    timed = unit and dataset.timestamp
    return (
        start_of(dataset, dataset.timestamp, unit)
        if timed and dataset.timestamp and unit
        else "CAST(NULL AS TIMESTAMP)"
    )


def _place(table: pa.Table, windows: Sequence[Window]) -> Counts:
    order: dict[Any, int] = {window.start: i for i, window in enumerate(windows)}
    return np.array([order.get(at, -1) for at in table["w"].to_pylist()], dtype=np.int64)


def _whole(table: pa.Table, name: str) -> Counts:
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _real(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(zero_copy_only=False), dtype=np.float64)
