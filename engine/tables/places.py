"""Where a path of a monitor file points to, and whether it lies where it may."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

from engine.errors import PlumblineError, UnreadableSource, shown
from engine.tables.away.addresses import is_elsewhere, local_file, looked_at
from engine.tables.sources import find_files


def find_path(path: str, base: Path | None) -> str:
    """A path of a monitor file: from the working folder, or else from the file's folder or one above it.

    >>> find_path("s3://bucket/a.parquet", None)
    's3://bucket/a.parquet'
    """
    if is_elsewhere(path):
        return _database(path, base) if looked_at(path) and base is not None else path
    if Path(path).is_absolute() or base is None:
        return path
    for folder in (Path(), base, *base.resolve().parents):
        try:
            find_files(folder / path)
        except PlumblineError:
            continue
        return str(folder / path)
    return path


def _database(address: str, base: Path) -> str:
    """The address of a file that is a database, found as a path is."""
    try:
        file = local_file(address)
    except PlumblineError:
        return address  # opening it says what is wrong
    scheme, _, rest = address.partition(":///")
    for folder in (Path(), base, *base.resolve().parents):
        if not file.is_absolute() and (folder / file).is_file():
            return f"{scheme}:///{folder / rest}"
    return address


def below(
    path: Path, roots: Sequence[Path], told: str, hint: str | None = None, closed: Sequence[Path] | None = None
) -> Path:
    """The path with links and .. followed; raises UnreadableSource unless it lies in one of the folders, or is one.

    roots: with links followed. told: what the path is called in the error: not where a link leads to. closed: folders
    within the roots that may not be read, unless a root lies in them; then hidden ones may not be read either.
    """
    try:
        whole = Path(os.path.realpath(path))
    except (OSError, ValueError):
        whole = None
    if whole is None or not any(_open(whole, root, closed) for root in roots):
        hint = hint or f"Allowed: {', '.join(map(str, roots)) or 'none'}."
        raise UnreadableSource("This path lies outside the folders that may be read.", where=shown(told), hint=hint)
    return whole


def _open(path: Path, root: Path, closed: Sequence[Path] | None) -> bool:
    if not path.is_relative_to(root) or closed is None:
        return path.is_relative_to(root)
    hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
    return not hidden and not any(path.is_relative_to(one) and not root.is_relative_to(one) for one in closed)


def all_below(
    source: str | Path,
    roots: Sequence[Path],
    hint: str | None = None,
    closed: Sequence[Path] | None = None,
    told: str | None = None,
) -> tuple[Path, ...]:
    """The files of a path, glob or folder, each in one of the folders, links followed.

    What stands before a wildcard is looked at before anything is looked up: errors tell of neighbours. closed: as
    below has it. told: what the path is called in errors, itself by default. Raises UnreadableSource.
    """
    text = str(source)
    told = text if told is None else told
    if not text.strip() or "\0" in text or is_elsewhere(text):
        raise UnreadableSource("Write the path of a file or folder on this machine.", where=shown(told))
    fixed = Path()
    for part in from_home(text).parts:
        if any(sign in part for sign in "*?["):
            break
        fixed /= part
    below(fixed, roots, told, hint, closed)
    return tuple(below(file, roots, told, hint, closed) for file in find_files(text))


def from_home(text: str) -> Path:
    """A path with the home folder in place of ~. Raises UnreadableSource where there is no such user."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise UnreadableSource(f"It cannot be looked up: {str(error).rstrip('.')}.", where=shown(text)) from None


def open_below(path: Path, roots: Sequence[Path]) -> BinaryIO:
    """A file opened to be read, of which it is certain after opening that it lies in one of the folders.

    A link that is put in its place between looking and opening is found out: the file that is open must be the one
    that the path, looked at again, leads to. Raises UnreadableSource.
    """
    below(path, roots, str(path))
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UnreadableSource(f"The file cannot be read: {error.strerror}.", where=shown(str(path))) from None
    try:
        whole = below(path, roots, str(path))
        if not os.path.samestat(os.fstat(stream.fileno()), os.stat(whole, follow_symlinks=False)):
            raise UnreadableSource("The file was replaced while it was opened.", where=shown(str(path)))
    except (OSError, UnreadableSource) as error:
        stream.close()
        if isinstance(error, UnreadableSource):
            raise
        raise UnreadableSource(f"The file cannot be read: {error.strerror}.", where=shown(str(path))) from None
    return stream


def resolved(roots: Iterable[str | Path]) -> tuple[Path, ...]:
    """Folders with links followed, as the others here want them."""
    return tuple(Path(os.path.realpath(Path(one).expanduser())) for one in roots)
