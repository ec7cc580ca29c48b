"""Two monitors with a window on record each, one of them hidden, and visitors of every role."""

import csv

import pytest

from engine.access import ROLES, Visitor, parse_access
from engine.due import run_monitor_file
from engine.monitor import read_monitor
from engine.store import open_store

RULES = parse_access('default: viewer\nmonitors: {"secret-*": {people: grace@example.com}}')
TEXT = """monitor: {name}
reference: {{path: reference.csv}}
production: {{path: production.csv}}
columns: {{id: id, timestamp: at}}
"""


def person(*roles: str, email: str = "ada@example.com") -> Visitor:
    return Visitor("Ada", email, frozenset(roles), frozenset(), True, "https://id.example.com", RULES)


@pytest.fixture(params=ROLES)
def role(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The files of the monitors open and secret-one, and their data."""
    made = tmp_path_factory.mktemp("access")
    for side, month in (("reference", 1), ("production", 2)):
        with (made / f"{side}.csv").open("w", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(["id", "at", "x"])
            days = 28
            table.writerows(
                [i, f"2024-{month:02}-{1 + i % days:02}", (i * 37 % 101) + 50 * month] for i in range(days * 20)
            )
    for name in ("open", "secret-one"):
        (made / f"{name}.yaml").write_text(TEXT.format(name=name))
    return made


@pytest.fixture
def store(folder, tmp_path):
    made = open_store(f"sqlite:///{tmp_path}/store.db")
    for name in ("open", "secret-one"):
        path = folder / f"{name}.yaml"
        outcome = run_monitor_file(made, path, read_monitor(path), "last")
        assert outcome.error is None and outcome.done
    return made
