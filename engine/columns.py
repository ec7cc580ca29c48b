"""A column: its name, how its values compare (kind), and what it is to the model (role)."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from engine.errors import UnknownName


class Kind(StrEnum):
    """How the values of a column compare."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    NESTED = "nested"


class Role(StrEnum):
    """What a column is to the model."""

    FEATURE = "feature"
    ID = "id"
    TIMESTAMP = "timestamp"
    SCORE = "score"
    PREDICTION = "prediction"
    TARGET = "target"
    LATENCY = "latency"
    ERROR = "error"
    IGNORE = "ignore"


WITHOUT_DRIFT = frozenset({Role.ID, Role.TIMESTAMP, Role.LATENCY, Role.ERROR, Role.IGNORE})  # no curves for these
ORDERED = frozenset({Kind.NUMERIC, Kind.DATETIME})  # kinds that have an order, and so curves

INTEGERS = frozenset("TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT".split())
NUMBERS = INTEGERS | {"FLOAT", "DOUBLE", "DECIMAL", "BIGNUM", "VARINT"}
TIMES = frozenset({"DATE", "TIME", "TIME_NS", "INTERVAL"})


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a dataset. type is DuckDB's name of what is stored; why says how kind and role were found."""

    name: str
    type: str
    kind: Kind
    role: Role = Role.FEATURE
    why: str = ""

    @property
    def base(self) -> str:
        """The stored type without its parameters.

        >>> Column("x", "DECIMAL(18,3)", Kind.NUMERIC).base
        'DECIMAL'
        """
        return self.type.split("(")[0].split(" WITH")[0].strip().upper()

    @property
    def integer(self) -> bool:
        """Whether only whole numbers can be stored."""
        return self.base in INTEGERS

    def as_role(self, role: "Role | str", why: str = "chosen") -> "Column":
        return replace(self, role=parse(Role, role), why=why)

    def as_kind(self, kind: "Kind | str", why: str = "chosen") -> "Column":
        return replace(self, kind=parse(Kind, kind), why=why)


def kind_of(type_name: str) -> Kind:
    """The kind that a stored type suggests.

    >>> [str(kind_of(t)) for t in ("DECIMAL(9,2)", "VARCHAR", "TIMESTAMP WITH TIME ZONE", "INTEGER[]", "BOOLEAN")]
    ['numeric', 'categorical', 'datetime', 'nested', 'categorical']
    """
    base = type_name.split("(")[0].strip().upper()
    if type_name.endswith("]") or base in ("STRUCT", "MAP", "UNION", "LIST", "VARIANT"):
        return Kind.NESTED
    if base in NUMBERS:
        return Kind.NUMERIC
    if base in TIMES or base.startswith(("TIMESTAMP", "TIME ")):
        return Kind.DATETIME
    return Kind.CATEGORICAL


# What a name suggests. The first row whose words are in the name, and whose kinds allow it, wins.
ROLE_WORDS: tuple[tuple[Role, frozenset[Kind], str], ...] = (
    (Role.IGNORE, frozenset(Kind), r"^(sample_rate|model_version)$"),
    (Role.ID, frozenset({Kind.NUMERIC, Kind.CATEGORICAL}), r"(^|_)(id|uuid|guid|key)$|^(id|uuid|row_?number|index)$"),
    (Role.TIMESTAMP, frozenset({Kind.DATETIME}), r""),
    (Role.PREDICTION, frozenset(Kind), r"^(pred|predicted|prediction|y_?pred|yhat|y_hat)(_|$)|_(pred|prediction)$"),
    (Role.SCORE, frozenset({Kind.NUMERIC}), r"(^|_)(score|probability|proba|prob)$|^(score|probability|proba|prob)_"),
    (Role.TARGET, frozenset(Kind), r"^(target|label|y|y_?true|actual|outcome|ground_?truth)$|_(target|label|actual)$"),
    (Role.LATENCY, frozenset({Kind.NUMERIC}), r"(^|_)latency(_ms|_s|$)|^duration_ms$|^response_time(_ms)?$"),
    (Role.ERROR, frozenset({Kind.NUMERIC, Kind.CATEGORICAL}), r"^(is_?error|error|failed|http_status|status_code)$"),
)
ONCE = frozenset({Role.ID, Role.TIMESTAMP, Role.PREDICTION, Role.SCORE, Role.TARGET, Role.LATENCY, Role.ERROR})


def guess_roles(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Each column with the role that its name and kind suggest, and the reason; a role is given once.

    >>> types = {"flight_id": "INTEGER", "at": "TIMESTAMP", "x": "DOUBLE"}
    >>> cols = tuple(Column(name, type_, kind_of(type_)) for name, type_ in types.items())
    >>> [str(c.role) for c in guess_roles(cols)]
    ['id', 'timestamp', 'feature']
    """
    taken: set[Role] = set()
    found = []
    for column in columns:
        role, why = Role.FEATURE, "no role suggested by its name or type"
        for candidate, kinds, words in ROLE_WORDS:
            if candidate in taken or column.kind not in kinds or not re.search(words, column.name.lower()):
                continue
            if candidate is Role.TIMESTAMP and not column.base.startswith(("TIMESTAMP", "DATE")):
                continue
            role = candidate
            article = "an" if role[0] in "aeiou" else "a"
            why = f"its name looks like {article} {role}" if words else f"the first column of type {column.base}"
            if role is Role.IGNORE:
                why = "it says how a row was logged, not what was asked or answered"
            break
        if role in ONCE:
            taken.add(role)
        found.append(replace(column, role=role, why=f"{column.why}; {why}" if column.why else why))
    return tuple(found)


Name = TypeVar("Name", bound=StrEnum)


def parse(enum: type[Name], name: str) -> Name:
    """The member of Kind or Role that has this name, or the nearest right one in the error."""
    try:
        return enum(str(name).strip().lower())
    except ValueError:
        raise UnknownName.of(enum.__name__.lower(), str(name), [str(member) for member in enum]) from None
