"""Every finding of a snapshot as CSV that a spreadsheet can open, and nothing in it runs."""

import csv as writer_of
import io
from collections.abc import Mapping
from typing import Any

from engine.evidence.findings_of import worst
from engine.spreadsheet import cell

HEAD = (
    "severity signal column kind metric value floor floor_basis warning critical within_noise rows_needed p_value "
    "statistic n_reference n_production null_share_reference null_share_production sentence"
).split()


def csv(snapshot: Mapping[str, Any]) -> str:
    """One row a finding, the most urgent first, then one a question without an answer; lines end in LF."""
    run = snapshot["run"]
    stream = io.StringIO()
    out = writer_of.writer(stream, lineterminator="\n")
    out.writerow(HEAD)
    for one in worst(run["findings"]):
        limits = one["threshold"] or {}
        known = {**one, "warning": limits.get("warning"), "critical": limits.get("critical")}
        out.writerow([cell(known.get(name)) for name in HEAD])
    for gap in run["not_computed"]:
        known = {"severity": "not_computed", **gap, "sentence": gap["because"]}
        out.writerow([cell(known.get(name)) for name in HEAD])
    return stream.getvalue()
