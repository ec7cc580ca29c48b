"""Where a path of a monitor file points to."""

from pathlib import Path

from engine.errors import PlumblineError
from engine.tables.sources import find_files


def find_path(path: str, base: Path | None) -> str:
    """A path of a monitor file: from the working folder, or else from the file's folder or one above it.

    >>> find_path("s3://bucket/a.parquet", None)
    's3://bucket/a.parquet'
    """
    if "://" in path or Path(path).is_absolute() or base is None:
        return path
    for folder in (Path(), base, *base.resolve().parents):
        try:
            find_files(folder / path)
        except PlumblineError:
            continue
        return str(folder / path)
    return path
