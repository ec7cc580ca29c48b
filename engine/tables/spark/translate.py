"""Questions written for DuckDB become Spark's, from the part of SQL in which both say the same.

What lies outside is refused before it is asked: some of it Spark has under the same name with another meaning.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engine.errors import UnusableData, shown
from engine.tables.spark.answers import VIEW

# What both mean alike, or what is turned into what the other means below. Names as sqlglot has them, lower case.
SHARED = frozenset(
    "abs and any anyvalue argmax argmin array avg case cast ceil coalesce concat contains count countif dateadd "
    "distinct exists explode floor greatest if in isinf isnan least left length list ln logicaland logicalor lower max "
    "min mod nullif or pow power round rownumber sign sqrt struct substring sum timestamptrunc timetounix trim trycast "
    "unnest upper datetrunc arraysize".split()
)
NAMED = frozenset("isfinite grouping grouping_id".split())
REFUSED: dict[type[exp.Expression], str] = {
    exp.RegexpLike: "regular expressions",
    exp.ILike: "ILIKE",
    exp.Like: "LIKE",
    exp.Glob: "GLOB",
    exp.Escape: "the escape of LIKE",
    exp.TableSample: "samples",
}
WHOLE = "9007199254740992e0"  # doubles from here on are whole numbers
# What DuckDB reads as a number, 1_000 too; Spark also reads what Java does: 1d, 1f, hexadecimal digits.
SIGN, WHOLE_PART, SPACE = "[+-]?", "[0-9]+(_[0-9]+)*", r"\\s*"
NUMBER = (
    f"^{SPACE}{SIGN}(({WHOLE_PART}[.]?({WHOLE_PART})?|[.]{WHOLE_PART})([eE]{SIGN}{WHOLE_PART})?"
    f"|[iI][nN][fF]([iI][nN][iI][tT][yY])?){SPACE}$"
)
NOT_A_NUMBER = f"^{SPACE}{SIGN}[nN][aA][nN]{SPACE}$"
TO_NUMBER = (
    f"CASE WHEN CAST({{0}} AS STRING) RLIKE '{NUMBER}' "
    "THEN TRY_CAST(REPLACE(CAST({0} AS STRING), '_', '') AS DOUBLE) "
    f"WHEN CAST({{0}} AS STRING) RLIKE '{NOT_A_NUMBER}' THEN CAST('NaN' AS DOUBLE) END"
)
# A moment has a whole date, and a time no hour alone; Spark also takes 2024, 2024-01, and spaces about it.
TO_MOMENT = (
    "CASE WHEN CAST({0} AS STRING) RLIKE '^-?[0-9]+[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}([ T][0-9]{{1,2}}:.*)?$' "
    "THEN TRY_CAST(REGEXP_REPLACE(CAST({0} AS STRING), '^([0-9]+)/([0-9]+)/', '$1-$2-') AS TIMESTAMP_NTZ) END"
)
TO_TRUTH = "CASE WHEN NOT CAST({0} AS STRING) RLIKE '^[ ]|[ ]$' THEN TRY_CAST({0} AS BOOLEAN) END"


def translate(sql: str, values: Iterable[Any] = ()) -> tuple[str, dict[str, Any]]:
    """A question for Spark, and its values by name as Spark takes them. Raises UnusableData for what only one knows.

    >>> translate('SELECT count(*) AS n FROM v WHERE "a b" >= ?', [1.5])
    ('SELECT COUNT(*) AS n FROM v WHERE `a b` >= CAST(:v0 AS DOUBLE)', {'v0': 1.5})
    """
    bound = [_bound(value) for value in values]
    named = {f"v{i}": value for i, (_, value) in enumerate(bound)}
    views = list(dict.fromkeys(VIEW.findall(sql)))  # pieces are asked the same, of views that are called otherwise
    for i, view in enumerate(views):
        sql = sql.replace(view, f"plumbline__{i}__")
    said = _translated(sql, tuple(kind for kind, _ in bound))
    for i, view in enumerate(views):
        said = said.replace(f"plumbline__{i}__", view)
    return said, named


@lru_cache(maxsize=512)
def _translated(sql: str, kinds: tuple[str | None, ...]) -> str:
    try:
        (tree,) = sqlglot.parse(sql, read="duckdb")
    except (SqlglotError, ValueError) as error:
        raise UnusableData(f"This question cannot be asked of Spark: {str(error).splitlines()[0]}") from None
    assert tree is not None
    for node in tree.walk():
        _hold_shared(node)
    if not _counts(tree):
        raise UnusableData("This asks for rows, and rows stay in Spark: it is asked for counts of them.")
    _type_values(tree, kinds)
    return tree.transform(_turned, copy=False).sql("spark", copy=False)


def _hold_shared(node: exp.Expr) -> None:
    """Raises UnusableData for what Spark does not know, or means otherwise."""
    why = next((said for kind, said in REFUSED.items() if isinstance(node, kind)), None)
    if isinstance(node, exp.Anonymous):
        why = None if node.name.lower() in NAMED else f"{node.name.lower()}()"
    elif isinstance(node, exp.Func) and why is None:
        known = type(node).__name__.lower()
        why = None if known in SHARED or known in NAMED else f"{node.sql_name().lower()}()"
    if why:
        raise UnusableData(
            f"Spark and DuckDB do not mean the same by {why}.",
            hint="Ask it of files on this machine (engine: {on: duckdb}).",
        )


def _counts(asked: Any) -> bool:
    """Whether an answer holds counts, sums or groups of rows, not rows."""
    if not isinstance(asked, exp.Select):
        return isinstance(asked, exp.Union) and _counts(asked.left) and _counts(asked.right)
    if asked.args.get("group") or asked.args.get("distinct"):
        return True
    parts = [_is_sum(one) for one in asked.expressions]
    if True in parts and False not in parts:
        return True
    source = asked.args.get("from_") or asked.args.get("from")
    places = [one.this for one in [*([source] if source else []), *(asked.args.get("joins") or [])]]
    return all(isinstance(one, exp.Subquery) and _counts(one.this) for one in places)


def _is_sum(one: Any) -> bool | None:
    """Whether a part of an answer is one for many rows; None where it is the same for all."""
    sums = any(found.find_ancestor(exp.Window) is None for found in one.find_all(exp.AggFunc))
    return sums or (None if one.find(exp.Column) is None else False)


def _type_values(tree: exp.Expr, kinds: Sequence[str | None]) -> None:
    """Every ? gets the type that its value has: Spark would take a moment for one with a zone, a text for any type."""
    places = list(tree.find_all(exp.Placeholder, bfs=False))
    if len(places) != len(kinds):
        raise UnusableData(f"A question with {len(places)} places was given {len(kinds)} values.")
    for i, (node, kind) in enumerate(zip(places, kinds, strict=True)):
        named = exp.Placeholder(this=f"v{i}")  # by name: a part that is said twice has its value twice
        node.replace(named if kind is None else exp.Cast(this=named, to=exp.DataType.build(kind, dialect="spark")))


def _turned(node: exp.Expression) -> exp.Expression:
    """One step of a question as Spark says it."""
    if isinstance(node, exp.TryCast) and node.to.is_type(exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT):
        return _spark(TO_NUMBER, node.this)
    if isinstance(node, exp.TryCast) and node.to.is_type(exp.DataType.Type.TIMESTAMP, exp.DataType.Type.TIMESTAMPNTZ):
        return _spark(TO_MOMENT, node.this)
    if isinstance(node, exp.TryCast) and node.to.is_type(exp.DataType.Type.BOOLEAN):
        return _spark(TO_TRUTH, node.this)
    if isinstance(node, exp.Cast | exp.TryCast) and node.to.is_type(exp.DataType.Type.INT128):
        node.set("to", exp.DataType.build("DECIMAL(38, 0)", dialect="spark"))
        return node
    if isinstance(node, exp.Least | exp.Greatest) and not node.expressions:
        alone: exp.Expression = node.this.transform(_turned)  # of one value; Spark wants two
        return alone
    if isinstance(node, exp.Floor):
        return _spark(
            f"CASE WHEN ABS({{0}}) < {WHOLE} THEN CAST(FLOOR({{0}}) AS DOUBLE) ELSE CAST({{0}} AS DOUBLE) END",
            node.this,
        )
    if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
        unit = node.args["unit"].name.upper()
        return _spark(f"CAST(DATE_TRUNC('{unit}', {{0}}) AS TIMESTAMP_NTZ)", node.this)
    if isinstance(node, exp.IsInf):
        return _spark("(ABS(CAST({0} AS DOUBLE)) = CAST('Infinity' AS DOUBLE))", node.this)
    if isinstance(node, exp.TimeToUnix):
        return _spark("(UNIX_MICROS(CAST({0} AS TIMESTAMP)) / 1000000e0)", node.this)
    if isinstance(node, exp.Anonymous) and node.name.lower() == "isfinite":  # not-a-number is larger than anything
        return _spark("(ABS(CAST({0} AS DOUBLE)) < CAST('Infinity' AS DOUBLE))", node.expressions[0])
    return node


def _spark(template: str, *parts: exp.Expression) -> exp.Expression:
    """Spark's SQL around parts of a question, {0}, {1} …"""
    names = [f"part{i}__" for i in range(len(parts))]
    tree = sqlglot.parse_one(template.format(*names), read="spark")
    inside = [one.transform(_turned) for one in parts]  # of what is turned, nothing is looked at again
    known = dict(zip(names, inside, strict=True))
    return tree.transform(
        lambda one: known[one.name].copy() if isinstance(one, exp.Column) and one.name in known else one
    )


def _bound(value: Any) -> tuple[str | None, Any]:
    """The type that a value is asked as, and the value as it is sent."""
    if value is None or isinstance(value, bool | str | bytes):
        return None, value
    if isinstance(value, int):
        if abs(value) < 2**63:
            return "BIGINT", value
        return ("DECIMAL(38, 0)", str(value)) if abs(value) < 10**38 else ("DOUBLE", repr(float(value)))
    if isinstance(value, float):
        return "DOUBLE", value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        digits = value.as_tuple()
        scale = max(-int(digits.exponent), 0)
        return f"DECIMAL({min(max(len(digits.digits), scale + 1), 38)}, {min(scale, 38)})", f"{value:f}"
    if isinstance(value, datetime):
        return ("TIMESTAMP" if value.tzinfo else "TIMESTAMP_NTZ"), value.isoformat(sep=" ")
    if isinstance(value, date):
        return "DATE", value.isoformat()
    raise UnusableData(f"{shown(str(value))} cannot be asked of Spark.")
