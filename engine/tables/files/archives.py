"""One file out of an archive, written to the cache in pieces: no more than the limits allow, whatever it says."""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.errors import UnreadableSource, plain, shown
from engine.tables import cache
from engine.tables.files.copies import Tell, no_room
from engine.tables.settings import setting
from engine.tables.text.plain_text import GIGABYTES, HARMLESS, PIECE, RATIO, pieces

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)  # or encrypted
HIDDEN = re.compile(r"^__MACOSX/|(^|/)\.[^./]")


def expanded(path: Path, where: str, compression: str, tell: Tell) -> Path:
    """The content of a gzip or zstd file, as a file in the cache."""
    return _unpacked(path, where, lambda: pieces(path, compression), tell)


def is_workbook(path: Path) -> bool:
    """Whether a ZIP archive is a workbook that does not begin as most do."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if names & {"xl/workbook.xml", "xl/workbook.bin"}:
                return True
            if not names >= {"mimetype", "content.xml"}:
                return False
            with archive.open("mimetype") as stream:
                return stream.read(100).startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    except BROKEN:
        return False


def unzipped(path: Path, where: str, tell: Tell) -> Path:
    """The one file of a ZIP archive, as a file in the cache. Raises UnreadableSource where there are several."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [one.filename for one in archive.infolist() if not one.is_dir()]
            names = [one for one in names if not HIDDEN.search(one)]
            if len(names) != 1:
                listed = ", ".join(shown(one) for one in names[:5])
                more = f": {listed}{' …' if len(names) > 5 else ''}" if names else ""
                raise UnreadableSource(
                    f"The archive holds {len(names)} files{more}.", where=where,
                    hint="An archive of one file is read; unpack this one and name a folder or glob.",
                )  # fmt: skip
            if archive.getinfo(names[0]).flag_bits & 1:
                raise UnreadableSource("The archive is encrypted.", where=where, hint="Unpack it first.")
            return _unpacked(path, where, lambda: _pieces(path, where, archive.open(names[0])), tell)
    except (zipfile.BadZipFile, NotImplementedError, OSError) as error:
        raise UnreadableSource(f"The archive cannot be read: {_why(error)}.", where=where) from None


def _unpacked(path: Path, where: str, parts: Callable[[], Iterator[bytes]], tell: Tell) -> Path:
    key = cache.key_of("unpacked", cache.fingerprint(path))
    place = cache.recall("unpacked", key)
    if place is None:

        def write(folder: Path) -> None:
            size = 0
            with (folder / "content").open("wb") as target:
                for part in parts():
                    target.write(part)
                    size += len(part)
                    tell(0.0, f"unpacked {size / 1e6:,.0f} MB")

        place = cache.keep("unpacked", key, write)
        if place is None:
            raise no_room(where)
    return place / "content"


def _pieces(path: Path, where: str, opened: Any) -> Iterator[bytes]:
    """The content in pieces. What an archive says about its sizes is not believed: what comes out is counted."""
    most, ratio = setting(GIGABYTES, 50.0) * 1e9, setting(RATIO, 200.0)
    packed, size = path.stat().st_size, 0
    try:
        with opened as stream:
            while part := stream.read(PIECE):
                size += len(part)
                if size > most or (size > HARMLESS and size > ratio * packed):
                    raise UnreadableSource(
                        f"It is {packed:,} bytes and expands to more than {size - len(part):,}.", where=where,
                        hint=f"{GIGABYTES} and {RATIO} set how far a file may expand.",
                    )  # fmt: skip
                yield bytes(part)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise UnreadableSource(f"The archive cannot be read: {_why(error)}.", where=where) from None


def _why(error: Exception) -> str:
    said = getattr(error, "strerror", None) or str(error) or "it ends too early"
    return plain(said.splitlines()[0].rstrip("."), 200)
