"""What changed in the columns themselves: missing, new, and arriving with another type."""

from engine.columns import Role
from engine.errors import shown
from engine.findings import Finding, Severity
from engine.tables.sources import Dataset


def schema_findings(reference: Dataset, production: Dataset) -> list[Finding]:
    """One finding a change, none where the columns agree. A missing column is critical, a new one information."""
    found = []
    for column in reference.columns:
        if column.role is Role.IGNORE:
            continue
        if not production.has(column.name):
            said = f"Production has no column {shown(column.name)}; the reference does."
            found.append(_finding(column.name, str(column.kind), "missing_column", Severity.CRITICAL, said))
            continue
        stored = production.column(column.name)
        if stored.type != column.type:
            widened = stored.kind is column.kind and stored.base != "VARCHAR"
            said = f"{shown(column.name)} is {stored.type} in production and {column.type} in the reference."
            severity = Severity.INFO if widened else Severity.WARNING
            found.append(_finding(column.name, str(column.kind), "retyped_column", severity, said))
    for column in production.columns:
        if not reference.has(column.name):
            said = f"Production has a column {shown(column.name)} that the reference does not have."
            found.append(_finding(column.name, str(column.kind), "new_column", Severity.INFO, said))
    return found


def _finding(column: str, kind: str, metric: str, severity: Severity, sentence: str) -> Finding:
    return Finding("schema", column, kind, metric, None, severity, sentence)
