"""Java 17 or newer for the tests of Spark: found, or Debian's package."""

import os
import re
import shutil
import subprocess

from tests.getting.apt import install

LEAST = 17
MISSING = f"No Java {LEAST} or newer: the tests of Spark will be skipped."


def find() -> str | None:
    """Java of $JAVA_HOME alone where that is set, as Spark has it; else where the PATH leads."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which(os.path.join(home, "bin", "java")) if home else shutil.which("java")
    return path if path and version(path) >= LEAST else None


def version(path: str) -> int:
    """Its first number, as in 17.0.15; 0 of a name with nothing behind it, and 1 of what is older than 9."""
    try:
        said = subprocess.run([path, "-version"], capture_output=True, text=True, timeout=60).stderr
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


def get() -> str | None:
    """Install Debian's package, unless somebody chose another Java."""
    if not os.environ.get("JAVA_HOME"):
        install(f"openjdk-{LEAST}-jre-headless")
    return find()
