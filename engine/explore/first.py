"""What is asked from the data themselves: examples of wrong values, and a first look before there is a monitor."""

from engine.assess import judged, observe
from engine.columns import Role
from engine.errors import UnusableData
from engine.explore.opened import Opened
from engine.findings import Finding, Severity
from engine.metrics import metric as named_metric
from engine.schema import schema_findings
from engine.signals import Plan, pointless
from engine.slices import Slice
from engine.tables.cells import ALL
from engine.tables.exact import quality_only
from engine.tables.examples import Example, outside, unreadable
from engine.tables.sources import Dataset
from engine.tables.values import missing


def examples(opened: Opened, name: str, cut: Slice) -> tuple[Example, ...]:
    """Production values of a column that are type errors or out of bounds, up to ten of each, asked from the data."""
    column, support = opened.reference.column(name), opened.supports[name]
    if not opened.production.has(name):
        return ()
    found = unreadable(opened.production, column, cut)
    bounds = named_metric("out_of_bounds_rate")
    if isinstance(support, str) or column.kind not in bounds.kinds or pointless(column, bounds):
        return found
    return (*found, *outside(opened.production, column, support, cut))


def first_look(reference: Dataset, production: Dataset) -> list[Finding]:
    """What two datasets tell before there is a monitor, from one pass over each: schema, nulls, unreadable values."""
    columns = [one for one in reference.columns if one.role is not Role.IGNORE and production.has(one.name)]
    try:
        sides = zip(missing(reference, columns), missing(production, columns), strict=True)
    except UnusableData:  # some column's values cannot be read: the run says which, and names alone can still be held
        return schema_findings(reference, production, ALL, {})
    read_so_far = {
        column.name: quality_only("the values were not read yet", first, second)
        for column, (first, second) in zip(columns, sides, strict=True)
    }
    seen, _ = observe(columns, read_so_far, Plan(), {"null_rate", "type_error_rate"})
    called = [one for one in judged(seen, columns, Plan()) if one.severity in (Severity.WARNING, Severity.CRITICAL)]
    return [*schema_findings(reference, production, ALL, read_so_far), *called]
