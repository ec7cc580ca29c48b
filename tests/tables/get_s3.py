"""Find a server that speaks S3 for the tests of buckets, or get one: python tests/tables/get_s3.py

It is moto, in an environment of its own, since what it needs is older than what Plumbline runs on. Without it these
tests are skipped; only where CI=true is that a failure.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HOME = Path(tempfile.gettempdir()) / "plumbline-moto"
WANTED = ("moto[s3]>=5.2,<6", "flask>=3.1,<4", "flask-cors>=6,<7")


def main() -> int:
    program = find() or get()
    if program:
        print(program)
        return 0
    print("No moto found: tests of buckets will be skipped.", file=sys.stderr)
    return 1 if os.environ.get("CI") == "true" else 0


def find() -> Path | None:
    """The program that $MOTO_SERVER names, else the one in its own environment, else where the PATH leads."""
    named = (
        os.environ.get("MOTO_SERVER") or shutil.which("moto_server", path=HOME / "bin") or shutil.which("moto_server")
    )
    return Path(named) if named and Path(named).is_file() else None


def get() -> Path | None:
    """Install it from the package index into an environment of its own."""
    try:
        venv.create(HOME, with_pip=True)
        subprocess.run([HOME / "bin" / "python", "-m", "pip", "install", "-q", *WANTED], check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
    return find()


if __name__ == "__main__":
    sys.exit(main())
