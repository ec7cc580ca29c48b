"""A real OpenID provider for the tests of sign-in, by the folder that holds the npm package oidc-provider."""

import os
import shutil
from pathlib import Path

from tests.getting.apt import install, run

MISSING = "No OpenID provider: tests of sign-in will be skipped. They need node and npm."
PACKAGE = "oidc-provider@9.13.3"
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plumbline-tests" / PACKAGE.replace("@", "-")


def find() -> Path | None:
    """The folder of modules that $OIDC_PROVIDER names, else the one that was gotten here; None without Node."""
    folder = Path(os.environ.get("OIDC_PROVIDER") or HOME / "node_modules")
    return folder if shutil.which("node") and (folder / "oidc-provider" / "package.json").is_file() else None


def get() -> Path | None:
    """Install it into a folder of its own: npm where it is, and first Debian's where that is allowed."""
    if os.environ.get("OIDC_PROVIDER"):
        return None  # somebody chose one; another would not be it
    if not shutil.which("npm"):
        install("nodejs", "npm")
    if shutil.which("npm"):
        HOME.mkdir(parents=True, exist_ok=True)
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(HOME), PACKAGE)
    return find()
