"""Find a Chromium for the browser tests, or get one: python tests/browser/get_chromium.py

Prints where it is. Without one the browser tests are skipped; only where CI=true is that a failure.
"""

import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MACOS = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome")]


def main() -> int:
    path = find() or get()
    if path:
        print(path)
        return 0
    print(
        "No Chromium found: browser tests will be skipped. Install Chromium or Chrome, "
        "or set CHROMIUM to the path of its program.",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") == "true" else 0


def find() -> str | None:
    """The program that $CHROMIUM names, else one that is installed, else Playwright's own."""
    if chosen := os.environ.get("CHROMIUM"):
        return shutil.which(chosen)
    installed = (path for path in map(shutil.which, (*NAMES, *MACOS)) if path and starts(path))
    return next(installed, None) or playwrights_own()


def starts(path: str) -> bool:
    """Whether the program runs: Ubuntu's chromium-browser may be a stub that only asks for a snap."""
    if platform.system() == "Windows":
        return True  # there --version opens a window
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def playwrights_own() -> str | None:
    """Where Playwright keeps the browser that it downloads, if it has one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None

    def where() -> str:
        with sync_playwright() as playwright:
            return playwright.chromium.executable_path

    with ThreadPoolExecutor(1) as pool:  # a thread of its own: where a browser is being driven, no other may be asked
        path = pool.submit(where).result()
    return path if Path(path).is_file() and starts(path) else None


def get() -> str | None:
    """Install one: Debian's package where that is allowed, else Playwright's download."""
    if os.environ.get("CHROMIUM"):
        return None  # somebody chose a program; another one would not be it
    if shutil.which("apt-get") and os.geteuid() == 0:
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "chromium")
        if path := find():
            return path
    run(sys.executable, "-m", "playwright", "install", "chromium")
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
