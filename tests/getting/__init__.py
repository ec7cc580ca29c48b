"""What tests need besides Python: each is found, or gotten where that is allowed."""

import os
from types import ModuleType
from typing import Any

import pytest

ALWAYS = ("chromium", "postgresql", "s3", "java")  # whose tests may not be skipped where all has to pass


def needed(one: ModuleType) -> Any:
    """What a module of this room finds. Where it finds nothing the test is skipped, or failed where all has to pass."""
    found = one.find()
    if not found:
        said = f"{one.MISSING} python -m tests.getting gets it where it can."
        if must(one):
            pytest.fail(said)
        pytest.skip(said)
    return found


def must(one: ModuleType) -> bool:
    """Whether its tests may not be skipped: where CI=true, of what every machine of CI can get."""
    return os.environ.get("CI") == "true" and one.__name__.rpartition(".")[2] in ALWAYS
