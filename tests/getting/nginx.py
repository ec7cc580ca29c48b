"""nginx for the test behind a proxy: found, or Debian's package."""

import shutil

from tests.getting.apt import install

MISSING = "No nginx: the test behind a proxy will be skipped."


def find() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def get() -> str | None:
    """Install Debian's package; its own server is not started here, and would serve this machine alone."""
    install("nginx-light")
    return find()
