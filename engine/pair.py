"""Two sources opened as a pair: on one connection, with one reading of kinds and roles."""

from collections.abc import Mapping
from typing import Any

from engine.tables.connection import connect
from engine.tables.sources import Dataset, find_files, open_dataset


def open_both(reference: Any, production: Any) -> tuple[Dataset, Dataset]:
    """Both sides on one connection that can read their folders and nothing else."""
    paths = [source for source in (reference, production) if isinstance(source, str) or hasattr(source, "__fspath__")]
    root = connect({file.parent for source in paths for file in find_files(source)})
    names = _name(reference, "reference"), _name(production, "production")
    return open_dataset(reference, root, names[0]), open_dataset(production, root, names[1])


def in_one_reading(
    reference: Dataset, production: Dataset, kinds: Mapping[str, str], roles: Mapping[str, str]
) -> tuple[Dataset, Dataset]:
    """Both sides with the kinds and roles that were given; what a column is to the model, the reference says."""
    reference = reference.assign(kinds, roles)
    shared = {column.name: str(column.role) for column in reference.columns if production.has(column.name)}
    return reference, production.assign({name: one for name, one in kinds.items() if production.has(name)}, shared)


def _name(source: Any, otherwise: str) -> str:
    return str(source) if isinstance(source, str) or hasattr(source, "__fspath__") else otherwise
