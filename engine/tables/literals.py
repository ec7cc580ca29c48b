"""Parquet files as they stand in a query: read from, and written to."""

from pathlib import Path

from engine.tables.texts import file_literal

__all__ = ["file_literal", "quotes_doubled", "scan_of"]


def quotes_doubled(path: Path) -> str:
    """A path between the quotes of an SQL string where no glob is read: what is written to."""
    return str(path).replace("'", "''")


def scan_of(path: Path) -> str:
    """A Parquet file as it stands after FROM."""
    return f"read_parquet({file_literal(path)})"
