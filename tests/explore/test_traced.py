"""What is read over all windows without findings is what the findings say."""

import pytest

from engine.explore import histories
from engine.explore.traced import CALLS, called, traced
from engine.findings import Finding
from engine.slices import Filter, Slice

METRICS = ("psi", "wasserstein", "null_rate", "out_of_bounds_rate", "type_error_rate")
LGA, UA, FREE = (Filter("origin", "eq", ("LGA",)), Filter("carrier", "eq", ("UA",)), Filter("seats", "ge", (100,)))
CASES = [
    (Slice(), "same cohort"),
    (Slice((LGA, UA)), "same cohort"),
    (Slice((UA,), without=True), "same cohort"),
    (Slice((LGA,)), "whole reference"),
    (Slice((UA,)), "previous window"),
    (Slice((UA,)), "everyone else"),
    (Slice((FREE,)), "same cohort"),
]


@pytest.mark.parametrize(("cohort", "against"), CASES)
def test_values_and_calls_are_those_of_the_findings(demo, cohort, against):
    whole = histories(demo, METRICS, cohort, against)
    calls = called(demo, METRICS, cohort, against)
    for key, history in whole.items():
        for column, values in traced(demo, key, cohort, against).items():
            for one, other in zip(values, history.values(column), strict=True):
                assert one == (other if other is None else pytest.approx(other, rel=1e-9, abs=1e-12))
        for i, columns in enumerate(calls[key]):
            assert columns == {
                name
                for (name, at), one in history.cells.items()
                if at == i and isinstance(one, Finding) and one.severity in CALLS
            }
    assert any(columns for each in calls.values() for columns in each)
