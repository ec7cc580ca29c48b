"""Kinds that stored types suggest, and roles that names suggest."""

import duckdb
import pytest

from engine.columns import ORDERED, Column, Kind, Role, guess_roles, kind_of, parse
from engine.errors import UnknownName

KINDS = {
    Kind.NUMERIC: "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT FLOAT DOUBLE "
    "DECIMAL(18,3) BIGNUM",
    Kind.CATEGORICAL: "BOOLEAN VARCHAR UUID BLOB BIT",
    Kind.DATETIME: "DATE TIME TIMESTAMP TIMESTAMP_S TIMESTAMP_MS TIMESTAMP_NS INTERVAL",
}
GOLDEN = [(name, kind) for kind, names in KINDS.items() for name in names.split()] + [
    ("TIMESTAMP WITH TIME ZONE", Kind.DATETIME),
    ("TIME WITH TIME ZONE", Kind.DATETIME),
    ("ENUM('a]', 'INTEGER')", Kind.CATEGORICAL),
    ("INTEGER[]", Kind.NESTED),
    ("DOUBLE[3]", Kind.NESTED),
    ('STRUCT("a" INTEGER)', Kind.NESTED),
    ("MAP(VARCHAR, INTEGER)", Kind.NESTED),
    ('UNION("a" INTEGER)', Kind.NESTED),
]


@pytest.mark.parametrize(("type_name", "kind"), GOLDEN)
def test_a_stored_type_suggests_a_kind(type_name, kind):
    assert kind_of(type_name) is kind


@pytest.mark.parametrize(("type_name", "kind"), GOLDEN)
def test_duckdb_still_calls_its_types_so(type_name, kind):
    root = duckdb.connect()
    described = root.sql(f"DESCRIBE SELECT CAST(NULL AS {type_name}) AS x").fetchall()[0][1]
    assert kind_of(described) is kind


def test_what_has_an_order_has_curves():
    assert {Kind.NUMERIC, Kind.DATETIME} == ORDERED


ROLES = [
    ("flight_id", "INTEGER", Role.ID),
    ("id", "VARCHAR", Role.ID),
    ("paid", "INTEGER", Role.FEATURE),
    ("valid", "BOOLEAN", Role.FEATURE),
    ("scheduled_departure", "TIMESTAMP", Role.TIMESTAMP),
    ("day", "DATE", Role.TIMESTAMP),
    ("clock", "TIME", Role.FEATURE),
    ("late_probability", "DOUBLE", Role.SCORE),
    ("credit_score", "DOUBLE", Role.SCORE),
    ("probability_note", "VARCHAR", Role.FEATURE),
    ("predicted_late", "BOOLEAN", Role.PREDICTION),
    ("y_pred", "INTEGER", Role.PREDICTION),
    ("target", "BOOLEAN", Role.TARGET),
    ("y", "INTEGER", Role.TARGET),
    ("yield", "DOUBLE", Role.FEATURE),
    ("latency_ms", "DOUBLE", Role.LATENCY),
    ("error", "BOOLEAN", Role.ERROR),
    ("error_margin", "DOUBLE", Role.FEATURE),
    ("seats", "INTEGER", Role.FEATURE),
]


@pytest.mark.parametrize(("name", "type_name", "role"), ROLES)
def test_a_name_suggests_a_role(name, type_name, role):
    found = guess_roles((Column(name, type_name, kind_of(type_name)),))[0]
    assert found.role is role
    assert found.why


def test_a_role_is_given_once_and_the_first_column_has_it():
    columns = tuple(Column(name, "INTEGER", Kind.NUMERIC) for name in ("a_id", "b_id"))
    assert [column.role for column in guess_roles(columns)] == [Role.ID, Role.FEATURE]


def test_what_is_chosen_is_kept_with_its_reason():
    column = Column("x", "INTEGER", Kind.NUMERIC).as_kind("categorical").as_role(" Target ")
    assert (column.kind, column.role, column.why) == (Kind.CATEGORICAL, Role.TARGET, "chosen")


@pytest.mark.parametrize(("enum", "name", "near"), [(Kind, "numerc", "numeric"), (Role, "targt", "target")])
def test_a_wrong_name_has_its_nearest(enum, name, near):
    with pytest.raises(UnknownName, match=f"Did you mean '{near}'"):
        parse(enum, name)
