"""PostgreSQL's programs, by their folder, for the tests of the store and of tables: found, or Debian's package."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.getting.apt import install

MISSING = (
    "No PostgreSQL: its tests will be skipped. Install the server, or set POSTGRES_BIN to the folder of initdb."
)
PROGRAMS = ("initdb", "postgres", "pg_ctl")
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")


def find() -> Path | None:
    """The folder that $POSTGRES_BIN names, else the newest that is installed, else where the PATH leads."""
    if chosen := os.environ.get("POSTGRES_BIN"):
        return Path(chosen) if whole(Path(chosen)) else None
    folders = [found for pattern in FOLDERS for found in Path("/").glob(pattern.lstrip("/"))]
    if program := shutil.which("initdb"):
        folders.append(Path(program).resolve().parent)
    newest = sorted(folders, key=lambda one: [int(number) for number in re.findall(r"\d+", str(one))], reverse=True)
    return next((one for one in newest if whole(one)), None)


def whole(folder: Path) -> bool:
    """Whether all programs are there and run."""
    if not all((folder / name).is_file() or (folder / f"{name}.exe").is_file() for name in PROGRAMS):
        return False
    try:
        return subprocess.run([folder / "postgres", "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def get() -> Path | None:
    """Install Debian's package where that is allowed; its own cluster is neither made nor started."""
    if os.environ.get("POSTGRES_BIN") or not shutil.which("apt-get") or os.geteuid() != 0:
        return None
    settings = Path("/etc/postgresql-common/createcluster.conf")
    if not settings.exists():
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("create_main_cluster = false\n")
    install("postgresql")
    return find()
