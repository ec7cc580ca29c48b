"""qpdf for the tests of evidence: found, or Debian's package."""

import shutil

from tests.getting.apt import install

MISSING = "No qpdf: the tests that ask it will be skipped."


def find() -> str | None:
    return shutil.which("qpdf")


def get() -> str | None:
    install("qpdf")
    return find()
