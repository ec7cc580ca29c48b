"""What a map shows without floors and sentences is what the findings say."""

import pytest

from engine.explore import histories
from engine.explore.glances import CALLS, cohort_glances, glances
from engine.explore.history import cohort_history
from engine.findings import Finding, Severity
from engine.slices import Filter, Slice

LGA, UA, FREE = (Filter("origin", "eq", ("LGA",)), Filter("carrier", "eq", ("UA",)), Filter("seats", "ge", (100,)))
HAWAIIAN = Filter("carrier", "eq", ("HA",))  # some seven flights a week: everything has too few rows
CASES = [
    (Slice(), "same cohort"),
    (Slice((LGA, UA)), "same cohort"),
    (Slice((HAWAIIAN,)), "same cohort"),
    (Slice((UA,), without=True), "same cohort"),
    (Slice((LGA,)), "whole reference"),
    (Slice((UA,)), "previous window"),
    (Slice((FREE,)), "same cohort"),
]


def the_same(one, other):
    """Whether a verdict, or a reason, is that of a finding."""
    if not isinstance(other, Finding):
        return one == other
    told, value = other.glance, pytest.approx(other.value, rel=1e-9, abs=1e-12)
    return one.value == value and (one.severity, one.threshold, one.within_noise) == (
        told.severity, told.threshold, told.within_noise,
    )  # fmt: skip


@pytest.mark.parametrize(("cohort", "against"), CASES)
@pytest.mark.parametrize("metric", ["psi", "null_rate", "out_of_bounds_rate", "wasserstein"])
def test_a_map_says_what_the_findings_say(demo, metric, cohort, against):
    whole = histories(demo, (metric,), cohort, against)[metric]
    found = glances(demo, metric, cohort, against)
    assert (found.columns, found.windows) == (whole.columns, whole.windows)
    shown = {key: one for key, one in whole.cells.items() if key[0] in found.columns}
    assert found.cells.keys() == shown.keys() and len(shown) > 300
    assert not [key for key, one in shown.items() if not the_same(found.cells[key], one)]
    for i, names in enumerate(found.calling):
        calls = {name for (name, at), one in whole.cells.items() if at == i and getattr(one, "severity", "") in CALLS}
        assert names == calls


def test_few_rows_are_told_as_too_few(demo):
    said = [one.severity for one in glances(demo, "psi", Slice((HAWAIIAN,))).cells.values() if hasattr(one, "severity")]
    assert said.count(Severity.NOT_ENOUGH_DATA) > len(said) / 3


@pytest.mark.parametrize(("by", "column"), [("carrier", "seats"), ("origin", "temp_f"), ("origin", "origin")])
def test_a_map_of_cohorts_says_what_the_findings_say(demo, by, column):
    whole, found = cohort_history(demo, by, "psi", column), cohort_glances(demo, by, "psi", column)
    assert found.values == whole.values and found.worst == whole.worst
    assert found.cells.keys() == whole.cells.keys()
    assert not [key for key, one in whole.cells.items() if not the_same(found.cells[key], one)]
