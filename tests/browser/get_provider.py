"""Find a real OpenID provider for the tests of sign-in, or get one: python tests/browser/get_provider.py

Prints the folder that holds the npm package oidc-provider. Without it, or without Node, those tests are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = "oidc-provider@9.13.3"
HOME = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "plumbline-tests" / PACKAGE.replace("@", "-")


def main() -> int:
    folder = find() or get()
    print(folder or f"No {PACKAGE}: tests of sign-in will be skipped. They need node and npm.")
    return 0


def find() -> Path | None:
    """The folder of modules that $OIDC_PROVIDER names, else the one that was gotten here; None without Node."""
    folder = Path(os.environ.get("OIDC_PROVIDER") or HOME / "node_modules")
    return folder if shutil.which("node") and (folder / "oidc-provider" / "package.json").is_file() else None


def get() -> Path | None:
    """Install it into a folder of its own: npm where it is, and first Debian's where that is allowed."""
    if os.environ.get("OIDC_PROVIDER"):
        return None  # somebody chose one; another would not be it
    if not shutil.which("npm") and shutil.which("apt-get") and os.geteuid() == 0:
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", "nodejs", "npm")
    if shutil.which("npm"):
        HOME.mkdir(parents=True, exist_ok=True)
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(HOME), PACKAGE)
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
