"""A server that speaks S3 for the tests of buckets: found, or gotten from the package index.

It is moto, in an environment of its own, since what it needs is older than what Plumbline runs on.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

MISSING = "No moto: tests of buckets will be skipped."
HOME = Path(tempfile.gettempdir()) / "plumbline-moto"
WANTED = ("moto[s3]>=5.2,<6", "flask>=3.1,<4", "flask-cors>=6,<7")


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
