"""A workbook is read in a process of its own, with a bound on its memory: a file of 5 KB can ask for all there is."""

import json
import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine import errors
from engine.errors import PlumblineError, UnreadableSource, plain
from engine.tables.files.copies import Tell, Told, read_back, written
from engine.tables.files.workbooks import read_workbook
from engine.tables.settings import setting
from engine.tables.text.plain_text import RATIO

GIGABYTES = "PLUMBLINE_WORKBOOK_GB"  # what a workbook may expand to, and, four times that, the memory to read it
HARMLESS = 64 << 20  # bytes up to which no ratio is too large
ASKED = 0.1  # seconds between two looks at whether it is done, or stopped
CODE = "import sys; from engine.tables.files.apart import read_apart; read_apart(*sys.argv[1:])"


def copy_workbook(path: Path, sheet: str | None, target: Path, where: str, tell: Tell) -> Told:
    """Write one sheet of a workbook as Parquet, as read_workbook does; tell may raise Cancelled.

    A sheet is held in memory from its first cell to its last, however few there are in between: where that is more than
    allowed, the other process ends and this one goes on. Raises what read_workbook raises.
    """
    _bounded(path, where)
    answer = target.with_name("answer.json")
    root = str(Path(__file__).resolve().parents[3])
    known = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    most = str(int(4e9 * setting(GIGABYTES, 1.0)))
    command = [sys.executable, "-c", CODE, str(path), sheet or "", str(target), where, str(answer), most]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=known
    )
    try:
        while process.poll() is None:
            tell(0.1, "reading the workbook")
            with suppress(subprocess.TimeoutExpired):
                process.wait(ASKED)
    finally:
        process.kill()
        process.wait()
    if not answer.is_file():
        raise UnreadableSource(
            "The workbook takes more memory than it may: its last cell lies far away from the first.", where=where,
            hint=f"Save the sheet as CSV, or set {GIGABYTES}.",
        )  # fmt: skip
    said = json.loads(answer.read_text(encoding="utf-8"))
    answer.unlink()
    if "error" in said:
        raise getattr(errors, said["error"])(said["message"], where=where, hint=said["hint"])
    return read_back(said)


def read_apart(path: str, sheet: str, target: str, where: str, answer: str, most: str) -> None:
    """What the other process does: reads, within so many bytes of memory, and writes down what came out."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows, where only the process is apart

        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + int(most), used + int(most)))
    try:
        told = read_workbook(Path(path), sheet or None, Path(target), where)
        said: dict[str, Any] = written(told)
    except PlumblineError as error:
        said = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    except MemoryError:
        return
    partial = Path(f"{answer}.part")
    partial.write_text(json.dumps(said), encoding="utf-8")
    partial.replace(answer)


def _bounded(path: Path, where: str) -> None:
    """Refuse a workbook that expands to more than can be held: all of it is in memory while it is read."""
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(one.file_size for one in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise UnreadableSource(f"The workbook cannot be read: {plain(str(error))}.", where=where) from None
    packed = path.stat().st_size
    if size > setting(GIGABYTES, 1.0) * 1e9 or (size > HARMLESS and size > setting(RATIO, 200.0) * packed):
        raise UnreadableSource(
            f"It is {packed:,} bytes and expands to {size:,}.", where=where,
            hint=f"Save the sheet as CSV, or set {GIGABYTES} and {RATIO}.",
        )  # fmt: skip
