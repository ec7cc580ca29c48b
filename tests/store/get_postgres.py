"""Find PostgreSQL's programs for the tests of the store, or get them: python tests/store/get_postgres.py

Prints the folder they are in. Without them the tests on PostgreSQL are skipped; only where CI=true is that a failure.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("initdb", "postgres", "pg_ctl")
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")


def main() -> int:
    folder = find() or get()
    if folder:
        print(folder)
        return 0
    print(
        "No PostgreSQL found: its tests will be skipped. Install the server, or set POSTGRES_BIN to the folder "
        "of initdb and pg_ctl.",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") == "true" else 0


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
    run("apt-get", "update", "-qq")
    run(
        "apt-get",
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        "-o",
        "Dpkg::Options::=--force-confold",
        "postgresql",
    )
    return find()


def run(*command: str) -> None:
    """Run a command with its output on stderr; a failure shows in what is found afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
