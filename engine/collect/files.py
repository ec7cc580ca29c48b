"""Files as the collector names and writes them: whole under their name, or not there at all."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# time, process (host, number, chance), number of the file; joined files have "joined" and chance for a process
NAMED = re.compile(r"\d{8}T\d{12}Z-(?P<process>[\w.-]+?)-\d{6}\.parquet")
UNFINISHED = ".unfinished"


def file_name(process: str, sequence: int, at: datetime | None = None) -> str:
    """The name of a file: UTC time of writing, process, number of the file.

    >>> file_name("web-7-a0b1c2", 3, datetime(2026, 11, 21, 12, 30, tzinfo=UTC))
    '20261121T123000000000Z-web-7-a0b1c2-000003.parquet'
    """
    return f"{at or datetime.now(UTC):%Y%m%dT%H%M%S%f}Z-{process}-{sequence:06d}.parquet"


def write_whole(table: pa.Table, path: Path) -> None:
    """A table as a Parquet file that appears complete and on disk, or not. Raises OSError; nothing is left behind."""
    half = path.with_name(f"{path.name}{UNFINISHED}")
    try:
        with half.open("wb") as stream:
            pq.write_table(table, stream, compression="zstd")
            stream.flush()
            os.fsync(stream.fileno())
        half.replace(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The folder's names on disk too, where the system can do that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
