"""Java 17 for the tests of Spark: found, or Debian's package."""

import os
import shutil
from pathlib import Path

from tests.getting.apt import install

MISSING = "No Java: the tests of Spark will be skipped."


def find() -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").is_file():
        return str(Path(home) / "bin" / "java")
    return shutil.which("java")


def get() -> str | None:
    install("openjdk-17-jre-headless")
    return find()
