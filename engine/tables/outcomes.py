"""Predictions and labels of a dataset, read once in the order of its rows: any slice of them is summarised at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.columns import Column, Kind
from engine.outcomes import Classes, Classification, Errors, Outcomes, Regression, classes_of, errors_of
from engine.slices import Slice, Window, moment_sql
from engine.summaries import Counts, Floats
from engine.tables.question import Question, read_sql
from engine.tables.room import hold_outcomes
from engine.tables.sources import Dataset
from engine.tables.spark.outcomes import outcomes_there
from engine.tables.tallied_outcomes import Tallies, classes_of_tallies, errors_of_tallies

Chosen = Counts | NDArray[np.bool_] | slice
ALL_ROWS = slice(None)
UNFOLDED = 1_000_000  # rows that tallies are taken for at most, where rows are looked at one by one


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeRows:
    """The rows of one side. target, predicted: (n,) class numbers, -1 for none, or numbers, not-a-number for none.

    scores: (n, 1) or (n, k). window: (n,) index into windows, -1 for none. tallies: of rows that lie in Spark; then
    all of the above are of tallies, each of many rows. Of numbers, target then holds how many rows have a label.
    """

    question: Question
    target: Counts | Floats
    predicted: Counts | Floats | None
    scores: Floats | None
    window: Counts
    windows: tuple[Window, ...] = ()
    tallies: Tallies | None = None

    def rows_of(self, chosen: Chosen = ALL_ROWS) -> Counts:
        """How many rows stand behind each of some entries."""
        if self.tallies is not None:
            return self.tallies.rows[chosen]
        return np.ones(len(self.window[chosen]), np.int64)

    @property
    def labelled(self) -> Counts:
        """How many of the rows behind each entry have a label. Shape (n,)."""
        if self.tallies is not None and self.question.task == "regression":
            return self.target.astype(np.int64)
        known = self.target >= 0 if self.question.task == "classification" else np.isfinite(self.target)
        return np.where(known, self.rows_of(), 0)

    def side(self, chosen: Chosen = ALL_ROWS) -> Classes | Errors:
        """The summary of some rows, by number, mask or slice."""
        asked, target = self.question, self.target[chosen]
        predicted = None if self.predicted is None else self.predicted[chosen]
        scores = None if self.scores is None else self.scores[chosen]
        if self.tallies is not None:
            some = self.tallies.some(chosen)
            if asked.task == "regression":
                return errors_of_tallies(some, target.astype(np.int64))
            said = None if predicted is None else predicted.astype(np.int64)
            terms = len(asked.classes), asked.positive, asked.no_probability is None
            return classes_of_tallies(some, target.astype(np.int64), said, scores, *terms)
        labelled: NDArray[np.bool_] = target >= 0 if asked.task == "classification" else np.isfinite(target)
        rows = len(target)
        if not labelled.all():
            target = target[labelled]
            predicted = None if predicted is None else predicted[labelled]
            scores = None if scores is None else scores[labelled]
        if asked.task == "regression":
            numbers = None if predicted is None else predicted.astype(np.float64)
            return errors_of(rows, target.astype(np.float64), numbers)
        codes = None if predicted is None else predicted.astype(np.int64)
        probable = asked.no_probability is None
        return classes_of(rows, target.astype(np.int64), codes, scores, len(asked.classes), asked.positive, probable)

    def of_windows(self, windows: Sequence[Window]) -> NDArray[np.bool_]:
        """The rows of some windows, as a mask. Shape (n,)."""
        places = [i for i, one in enumerate(self.windows) if one in set(windows)]
        return self.window == places[0] if len(places) == 1 else np.isin(self.window, places)


def unfolded(rows: OutcomeRows, chosen: Chosen = ALL_ROWS, most: int = UNFOLDED) -> tuple[OutcomeRows, Chosen]:
    """Rows that can be looked at one by one, and which of them are the chosen; of tallies of classes, rows that are
    alike, evenly spaced where there are more than so many."""
    if rows.tallies is None:
        return rows, chosen
    entries = np.arange(len(rows.window))[chosen]
    if rows.scores is not None:
        entries = entries[np.lexsort((rows.scores[entries, 0], rows.window[entries]))]
    each = entries[spaced(rows.tallies.rows[entries], most)]
    predicted = None if rows.predicted is None else rows.predicted[each]
    scores = None if rows.scores is None else rows.scores[each]
    made = OutcomeRows(rows.question, rows.target[each], predicted, scores, rows.window[each], rows.windows)
    return made, ALL_ROWS


def spaced(rows: Counts, most: int) -> Counts:
    """The number of each tally as often as it has rows; where that are more than so many, as many, evenly spaced.

    >>> spaced(np.array([2, 0, 1]), 10).tolist(), spaced(np.array([10, 10]), 4).tolist()
    ([0, 0, 2], [0, 0, 1, 1])
    """
    ends = np.cumsum(rows)
    total = int(ends[-1]) if len(ends) else 0
    if total <= most:
        return np.repeat(np.arange(len(rows)), rows)
    return ends.searchsorted(np.linspace(0, total - 1, most).astype(np.int64), side="right")


def outcomes(first: OutcomeRows, second: OutcomeRows, rows: tuple[Chosen, Chosen] = (ALL_ROWS, ALL_ROWS)) -> Outcomes:
    """Reference and production as one summary; rows: of each."""
    return held(first.question, first.side(rows[0]), second.side(rows[1]))


def held(asked: Question, reference: Classes | Errors, production: Classes | Errors) -> Outcomes:
    """Two sides as one summary."""
    if isinstance(reference, Errors) and isinstance(production, Errors):
        return Regression(reference, production)
    assert isinstance(reference, Classes) and isinstance(production, Classes)
    reasons = asked.no_prediction, asked.no_score, asked.no_probability
    return Classification(reference, production, asked.classes, asked.positive, asked.worth, *reasons)


def positions(starts: Counts, rows: "list[tuple[int, Counts | slice]]") -> Chosen:
    """What engine.tables.coded.rows_of found, as numbers of rows. starts: the first row of every batch, and their end.

    >>> positions(np.array([0, 3, 5]), [(0, np.array([1])), (1, slice(None))]).tolist()
    [1, 3, 4]
    """
    if len(rows) == len(starts) - 1 and all(isinstance(one, slice) for _, one in rows):
        return slice(None)
    parts = [np.arange(starts[i], starts[i + 1]) if isinstance(one, slice) else one + starts[i] for i, one in rows]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def read_outcomes(
    dataset: Dataset, asked: Question, cut: Slice | None = None, windows: Sequence[Window] = ()
) -> OutcomeRows:
    """The predictions and labels of a slice, in the order of its rows.

    windows: that follow each other without a gap; every row is told which of them it lies in. Of rows that lie in
    Spark, tallies of them. Raises UnusableData where they would take too much memory.
    """
    cut = cut or Slice()
    if dataset.far:
        tallies, came, said, means, place = outcomes_there(dataset, asked, cut, windows)
        return OutcomeRows(asked, came, said, means, place, tuple(windows), tallies)
    timed = bool(windows and dataset.timestamp)
    hold_outcomes(dataset, cut, len(asked.scores), timed, asked.joined is not None)
    condition, values = dataset.where(cut)
    wanted = [read_sql(dataset, asked.target.name, asked.target), read_sql(dataset, None, asked.target)]
    if asked.prediction is not None:
        wanted[1] = read_sql(dataset, asked.prediction.name, asked.target)
    columns = [f"{sql} AS {name}" for sql, name in zip(wanted, ("target", "predicted"), strict=True)]
    number = Column("", "DOUBLE", Kind.NUMERIC)
    columns += [f"{read_sql(dataset, name, number)} AS s{i}" for i, name in enumerate(asked.scores)]
    if timed and dataset.timestamp:
        at = f"CAST({moment_sql(dataset.timestamp, dataset.columns)} AS TIMESTAMP)"
        columns.append(f"CASE WHEN {at} >= ? AND {at} < ? THEN epoch_us({at}) END AS at")
        values = [windows[0].start, windows[-1].end, *values]
    if asked.joined is not None:
        columns.append(f"{read_sql(dataset, asked.joined.id.name, asked.joined.id)} AS id")
    table = dataset.query(f"SELECT {', '.join(columns)} FROM {dataset.scan} WHERE {condition}", values)
    target = table["target"]
    if asked.joined is not None:
        target = pc.coalesce(asked.joined.of(table["id"]), target)
    scores = [_numbers(table[f"s{i}"]) for i in range(len(asked.scores))]
    stacked = np.stack(scores, axis=1) if scores else None
    predicted = _coded(table["predicted"], asked) if asked.prediction is not None else None
    if predicted is None and asked.threshold is not None and stacked is not None and asked.positive is not None:
        yes = np.where(stacked[:, 0] >= asked.threshold, asked.positive, 1 - asked.positive)
        predicted = np.where(np.isfinite(stacked[:, 0]), yes, -1)
    window = np.full(len(target), -1)
    if timed:
        starts = np.array([np.datetime64(one.start, "us").astype(np.int64) for one in windows])
        moment = table["at"].fill_null(-(2**62)).to_numpy()
        window = np.searchsorted(starts, moment, side="right") - 1
    return OutcomeRows(asked, _coded(target, asked), predicted, stacked, window, tuple(windows))


def _numbers(values: pa.ChunkedArray) -> Floats:
    """Numbers with not-a-number for what is missing."""
    return np.asarray(values.to_numpy(), dtype=np.float64)


def _coded(values: pa.ChunkedArray, asked: Question) -> Counts | Floats:
    """Numbers as they are; classes as their number, -1 for none."""
    if asked.task == "regression":
        found = _numbers(values)
        return np.where(np.isfinite(found), found, np.nan)
    names = tuple(asked.spellings) or asked.classes
    place = np.asarray(pc.index_in(values, value_set=pa.array(names, pa.string())).fill_null(-1).to_numpy(), np.int64)
    if not asked.spellings:
        return place
    classes = [asked.classes.index(asked.spellings[one]) for one in names]
    return np.asarray(np.array([*classes, -1])[place])
