"""The end of an upload: all of it is here, is it what was begun, and is it here already; then it gets its name."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from pages.shared.allowance import Refused
from pages.shared.inbox import HEAD, Parcel, drop, parcels, write


def finish(home: Path, one: Parcel) -> tuple[Parcel, bool]:
    """The parcel once all of it is here, and whether the inbox had the very same bytes already, which then serve.

    Whoever dies on the way leaves the parcel as it was, or whole: the file keeps its old name until that is written,
    where the disk knows second names; where it does not, a moment is left in which the parcel is lost.
    """
    path = home / one.file
    with path.open("rb") as stream:
        if hashlib.sha256(stream.read(HEAD)).hexdigest() != one.head:
            drop(home, one.id)
            raise Refused(409, "The file changed while it was being sent.", "Send it again.")
        stream.seek(0)
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    same = next((other for other in parcels(home) if other.sha256 == digest), None)
    if same is not None:
        drop(home, one.id)
        return same, True
    whole = replace(one, sha256=digest, file=_file_name(one))
    target = home / whole.file
    target.unlink(missing_ok=True)
    try:
        target.hardlink_to(path)
    except OSError:  # a disk that knows no second names
        path.rename(target)
    try:
        write(home, whole)
    except OSError:
        if path.exists():
            target.unlink()
        else:
            target.rename(path)
        raise
    path.unlink(missing_ok=True)
    return whole, False


def _file_name(one: Parcel) -> str:
    """What the whole file is called on disk: letters of its name that mean nothing to any system, and our id."""
    stem, _, ending = one.name.partition(".")
    slug = re.sub(r"[^A-Za-z0-9]+", "-", stem)[:40].strip("-") or "file"
    suffix = f".{ending.lower()}" if re.fullmatch(r"[A-Za-z0-9]{1,8}(\.[A-Za-z0-9]{1,8})?", ending) else ".data"
    return f"{slug}-{one.id}{suffix if suffix not in ('.part', '.json', '.new') else '.data'}"
