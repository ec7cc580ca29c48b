"""Debian's packages, installed where that is allowed: on a machine with apt, by root."""

import os
import shutil
import subprocess
import sys
from functools import cache


def install(*packages: str) -> None:
    """Install some packages; where it cannot be done, what is missing is told by whoever looks for it afterwards."""
    if packages and shutil.which("apt-get") and os.geteuid() == 0:
        _update()
        options = ("-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold")
        run("apt-get", "install", *options, *packages)


@cache
def _update() -> None:
    run("apt-get", "update", "-qq")


def run(*command: str) -> None:
    """Run a command with its output on stderr; a failure shows in what is found afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=environment, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
