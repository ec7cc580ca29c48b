"""Labels that arrive later, in a table of their own: joined to predictions by id, with what did not fit told.

A label that came twice and alike counts once; labels of one id that contradict each other are left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from engine.columns import Column, Kind, Role
from engine.errors import UnusableData, shown
from engine.slices import Slice, is_number
from engine.tables.room import hold_labels
from engine.tables.sources import Dataset
from engine.tables.values import value_sql


@dataclass(frozen=True, slots=True, eq=False)
class LabelTable:
    """Where labels stand: a dataset, its column of ids and its column of labels."""

    dataset: Dataset
    id: str
    column: str


@dataclass(frozen=True, slots=True)
class Match:
    """How labels and predictions fit. All fields but the last two are rows of the table of labels.

    rows: all; empty: without an id or a label; repeated: that say again what another one says; contradicted: whose id
    has another label too, all left out; orphans: ids with a label that no prediction has. predictions, unmatched: rows
    of the datasets, and those of them that no label was found for.
    """

    rows: int
    empty: int
    repeated: int
    contradicted: int
    orphans: int
    predictions: int
    unmatched: int

    @property
    def words(self) -> str:
        """What did not fit, in a sentence.

        >>> Match(100, 0, 2, 4, 1, 120, 25).words
        '25 of 120 predictions have no label; of 100 labels 2 came twice, 4 contradict each other, 1 has no prediction.'
        """
        said = []
        for n, one, many in (
            (self.empty, "is empty", "are empty"),
            (self.repeated, "came twice", "came twice"),
            (self.contradicted, "contradicts another", "contradict each other"),
            (self.orphans, "has no prediction", "have no prediction"),
        ):
            said += [f"{n:,} {one if n == 1 else many}"] if n else []
        told = f"; of {self.rows:,} labels {', '.join(said)}" if said else ""
        return f"{self.unmatched:,} of {self.predictions:,} predictions have no label{told}."


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """One label per id. ids: text; values: as the target is read, text of a class or a number; match: how they fit."""

    ids: pa.Array
    values: pa.Array
    id: Column
    match: Match

    def of(self, ids: pa.ChunkedArray) -> pa.ChunkedArray:
        """The label of each row by its id, null where there is none."""
        return pc.take(self.values, pc.index_in(ids, value_set=self.ids))


def join_labels(table: LabelTable, datasets: Sequence[Dataset], wanted: Column) -> Joined:
    """One label for every id of a table, held against the ids of these datasets.

    wanted: the target, by whose kind labels are read. Ids are compared as the first dataset's id column reads them.
    Raises UnusableData where no column of it has the role id, or it would take too much memory.
    """
    found = datasets[0].with_role(Role.ID)
    if found is None:
        raise UnusableData(
            f"Labels in {shown(table.dataset.name)} are joined by id, and no column has the role id.",
            where=datasets[0].name,
            hint="Name it with --role COL=id, or as columns.id in the monitor.",
        )
    if table.dataset.far or any(one.far for one in datasets):
        raise UnusableData(
            "Labels in a table of their own are joined row by row, and the rows lie in Spark.",
            where=table.dataset.name,
            hint="Join them there, in a view that has the label as a column.",
        )
    hold_labels(table.dataset, datasets)
    key = found.as_kind(Kind.CATEGORICAL)
    source = table.dataset
    identity = value_sql(source.column(table.id), key)
    value = value_sql(source.column(table.column), wanted)
    kept = "" if wanted.kind is Kind.CATEGORICAL else f" AND {is_number('value')}"
    asked = f"SELECT {identity} AS id, {value} AS value FROM {source.scan}"
    each = source.query(
        f"SELECT id, min(value) AS value, count(*) AS n, min(value) <> max(value) AS apart FROM ({asked}) "
        f"WHERE id IS NOT NULL AND value IS NOT NULL{kept} GROUP BY id"
    )
    usable = int(pc.sum(each["n"]).as_py() or 0)
    one = each.filter(pc.invert(each["apart"]))
    sure = int(pc.sum(one["n"]).as_py() or 0)
    ids, values = one["id"].combine_chunks(), one["value"].combine_chunks()
    met = pa.chunked_array([], pa.string())
    predictions = unmatched = 0
    for dataset in datasets:
        mine = ids_of(dataset, key)
        place = pc.index_in(mine, value_set=ids)
        predictions, unmatched = predictions + len(mine), unmatched + place.null_count
        met = pa.chunked_array([*met.chunks, *mine.chunks], pa.string())
    known = pc.is_in(each["id"], value_set=met.combine_chunks())
    orphans = len(each) - int(pc.sum(known).as_py() or 0)
    match = Match(source.rows, source.rows - usable, sure - len(one), usable - sure, orphans, predictions, unmatched)
    return Joined(ids, values, key, match)


def ids_of(dataset: Dataset, key: Column, cut: Slice | None = None) -> pa.ChunkedArray:
    """The ids of a slice as text, in the order of its rows; all null where the dataset has no such column."""
    condition, values = dataset.where(cut or Slice())
    name = value_sql(dataset.column(key.name), key) if dataset.has(key.name) else "CAST(NULL AS VARCHAR)"
    found: pa.ChunkedArray = dataset.query(f"SELECT {name} AS id FROM {dataset.scan} WHERE {condition}", values)["id"]
    return found
