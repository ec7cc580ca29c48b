"""A Chromium for the tests in a browser: found, or gotten from Debian or Playwright."""

import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.getting.apt import install, run

MISSING = (
    "No Chromium: tests in a browser will be skipped. Install Chromium or Chrome, or set CHROMIUM to its program."
)
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
MACOS = [f"/Applications/{name}.app/Contents/MacOS/{name}" for name in ("Chromium", "Google Chrome")]


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
    install("chromium")
    if path := find():
        return path
    run(sys.executable, "-m", "playwright", "install", "chromium")
    return find()
