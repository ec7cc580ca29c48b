"""Stores to test on, of both kinds, and the demo's runs to put into them."""

import uuid

import pytest
import sqlalchemy

from engine.explore.look import look
from engine.monitor import read_monitor
from engine.slices import Slice
from engine.store import open_store
from tests.conftest import ROOT

PATH = ROOT / "data" / "monitors" / "flights.yaml"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """The address of a store that is not there yet, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return new_database(request.getfixturevalue("postgres"))


def new_database(postgres: str) -> str:
    """The address of an empty database of its own."""
    name = f"s{uuid.uuid4().hex}"
    engine = sqlalchemy.create_engine(f"{postgres}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return f"{postgres}/{name}"


@pytest.fixture
def store(address):
    found = open_store(address)
    yield found
    found.engine.dispose()


@pytest.fixture
def file_store(tmp_path):
    """A store of SQLite, for what is about files."""
    return open_store(f"sqlite:///{tmp_path}/store.db")


@pytest.fixture(scope="session")
def monitor():
    return read_monitor(PATH)


@pytest.fixture(scope="session")
def runs(demo):
    """The demo's first four weeks."""
    return [look(demo, Slice(window=window)) for window in demo.windows[:4]]
