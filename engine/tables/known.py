"""Categories of a slice that has too many to hold: those of the reference by name, all others as a number."""

from dataclasses import replace

import pyarrow as pa

from engine.columns import Column
from engine.slices import Slice
from engine.tables.sources import Dataset
from engine.tables.supports import CategoricalSupport
from engine.tables.values import Categories, categories_of, text_quality, value_sql

FIRST, NAMED = 1 << 20, 10  # unseen categories that are named: the most frequent of so many rows, which come first


def known_categories(dataset: Dataset, wanted: Column, cut: Slice, support: CategoricalSupport) -> Categories:
    """The slice's rows of every category of a support, exactly; of others a few by name, the rest in rest."""
    condition, values = dataset.where(cut)
    read = f"SELECT {value_sql(dataset.column(wanted.name), wanted)} AS name FROM {dataset.scan} WHERE {condition}"
    known = pa.table({"name": pa.array(support.index, pa.string())})
    few = dataset.query(
        f"SELECT name FROM ({read} LIMIT {FIRST}) AS r ANTI JOIN known USING (name) WHERE name IS NOT NULL "
        f"GROUP BY name ORDER BY count(*) DESC, name LIMIT {NAMED}",
        values,
        {"known": known},
    )
    both = pa.concat_tables([known, few.cast(known.schema)])
    table = dataset.query(
        f"SELECT name, count(*) AS rows, count(*) AS present FROM ({read}) AS r JOIN wanted USING (name) GROUP BY name",
        values,
        {"wanted": both},
    )
    found, quality = categories_of(table), text_quality(dataset, wanted, cut)
    return replace(found, quality=quality, rest=quality.values - found.n)
