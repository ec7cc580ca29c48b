"""An upload that goes on: after a cut, after a reload of the page, or not at all because the very same file is here."""

import shutil
from collections.abc import Collection
from pathlib import Path

from pages.shared.inbox import Parcel, arrived, begin, cleaned, parcels, write


def go_on(
    homes: list[Path],
    name: str,
    size: int,
    modified: int,
    head: str,
    digest: str,
    known: str,
    busy: Collection[str] = (),
) -> tuple[Parcel | None, bool]:
    """The parcel that a file goes on with, and whether all of it is here already; None where its whole hash is asked.

    homes: this session's inbox, and that of the session which the page had before. head: SHA-256 of the first megabyte;
    digest: of all of it, or empty: then whoever has a file that begins alike must prove that it is the same. known: the
    upload that was begun before, whose connection may hang; busy: those that are being written to, and are left alone
    by anybody else. Raises Refused for a file that is not taken.
    """
    found = [(place, one) for place in homes for one in parcels(place) if (one.size, one.head) == (size, head)]
    for place, one in found:
        if one.sha256 and not digest:
            return None, False
        if one.sha256 and digest == one.sha256:
            return adopt(place, homes[0], one), True
    # the one that was begun here first, then what has come farthest
    for place, one in sorted(found, key=lambda pair: (pair[1].id != known, -arrived(*pair))):
        alike = not one.sha256 and (one.name, one.modified) == (cleaned(name), modified)
        if alike and (one.id == known or one.id not in busy):
            return adopt(place, homes[0], one), False
    return begin(homes[0], name, size, modified, head), False


def adopt(old: Path, home: Path, one: Parcel) -> Parcel:
    """A parcel of the session that this page had before, as one of this session: what is whole has a second name, so
    that the older session keeps it; what is not moves. Where it fails, the older session has it as before."""
    if old == home:
        return one
    if one.sha256:
        if not (home / one.file).exists():
            _named_too(old / one.file, home / one.file, home / f"{one.id}.new")
        write(home, one)
        return one
    write(home, one)  # before its bytes come: without room for it they stay where they are known
    try:
        (old / one.file).rename(home / one.file)
    except OSError:
        if not (home / one.file).exists():  # else another connection was quicker
            (home / f"{one.id}.json").unlink(missing_ok=True)
            raise
    (old / f"{one.id}.json").unlink(missing_ok=True)
    return one


def _named_too(path: Path, target: Path, draft: Path) -> None:
    """Give a file a second name, or a copy on a disk that knows none; under that name it is whole."""
    try:
        target.hardlink_to(path)
    except OSError:
        try:
            shutil.copyfile(path, draft)
            draft.replace(target)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
