"""Objectives: counts by hand, what nobody can judge counts as neither, and which columns are meant."""

from dataclasses import replace

import pytest

from engine.findings import Severity
from engine.policy import budgets, ranks_of, timeline
from engine.policy.columns import which
from tests.recorded import demo_records, history, monitor


def told(rows, promise, ranks=(), **more):
    (found,) = budgets(history(rows, **more), monitor(f"{{objectives: [{promise}]}}"), ranks)
    return found


def test_counts_by_hand():
    found = told({"x.psi": "wooocooowo", "y.psi": "oooooooooo"}, "{metric: psi, below: 0.1, share: 0.8, of: 10 weeks}")
    assert (found.readings, found.bad, found.unknown) == (20, 3, 0)
    assert found.allowed == pytest.approx(4) and found.left == pytest.approx(0.25) and found.burn == 0
    assert found.severity is Severity.OK and "4 may, 1 left" in found.sentence


def test_only_the_time_that_was_promised_counts():
    found = told({"x.psi": "ccccoooo"}, "{metric: psi, below: 0.1, of: 28 days}")
    assert (found.readings, found.bad) == (4, 0)


@pytest.mark.parametrize(
    ("row", "severity", "said"),
    [
        ("oooooooooo", Severity.OK, "1 may, 1 left"),
        ("wooooooooo", Severity.WARNING, "1 may, 0 left"),
        ("wwoooooooo", Severity.CRITICAL, "overdrawn by 1"),
        ("ooooooooow", Severity.WARNING, "10 times as fast"),
    ],
)
def test_how_a_budget_stands(row, severity, said):
    found = told({"x.psi": row}, "{metric: psi, below: 0.1, share: 0.9, of: 10 weeks}")
    assert found.severity is severity and said in found.sentence


def test_what_nobody_can_judge_counts_as_neither():
    found = told({"x.psi": "o?-w"}, "{metric: psi, below: 0.1, share: 0.5, of: 4 weeks}", partial="   p")
    assert (found.readings, found.bad, found.unknown) == (1, 0, 3)
    assert "3 could not be judged" in found.sentence
    assert told({"x.psi": "??"}, "{metric: psi, below: 0.1}") == "no reading of psi could be judged in 2 windows"


def test_a_reading_within_noise_is_not_bad():
    records = history({"x.psi": "ww"})
    noisy = [replace(one, findings=tuple(replace(f, floor=0.3, floor_basis="reference windows") for f in one.findings))
             for one in records]  # fmt: skip
    (found,) = budgets(noisy, monitor("{objectives: [{metric: psi, below: 0.1}]}"))
    assert (found.readings, found.bad) == (2, 0)


def test_a_level_for_what_is_worse_when_lower():
    found = told({"roc_auc": "oo"}, "{metric: roc_auc, above: 0.6}")  # both read 0.05
    assert found.bad == 2 and "did not stay above 0.6" in found.sentence


@pytest.mark.parametrize(
    ("columns", "n"), [("x", 2), ("'x*'", 4), ("[x, y]", 4), ("top 1", 2), ("important", 4), ("z", None)]
)
def test_which_columns(columns, n):
    rows = {"x.psi": "oo", "xx.psi": "oo", "y.psi": "oo"}
    found = told(rows, f"{{metric: psi, columns: {columns}, below: 0.1}}".replace("important", "top 2"), ["y", "x"])
    assert (found.readings if n else found) == (n or "no reading of psi could be judged in 2 windows")


def test_nobody_knows_what_is_important_without_ranks():
    assert "is not known" in told({"x.psi": "oo"}, "{metric: psi, columns: top 2, below: 0.1}")
    assert isinstance(which("important", ["a"], (), "top 2"), str)


def test_ranks_come_from_a_document_too():
    rows = [{"feature": "a", "reference": 0.2, "production": 0.9}, {"feature": "b", "reference": 0.8, "production": 0}]
    assert ranks_of({"source": "s", "features": rows}) == ("b", "a") and ranks_of(None) == () == ranks_of("no score")


def test_a_promise_about_the_demo(demo):
    promise = monitor("{objectives: [{metric: psi, columns: temp_f, below: 0.5, share: 0.75, of: 4 weeks}]}").policy
    policy = demo.monitor.policy.model_copy(update={"objectives": promise.objectives})
    watched = demo.monitor.model_copy(update={"policy": policy})
    line = timeline(demo_records())
    (spring,), (summer,) = budgets(line[:1], watched), budgets(line[:16], watched)
    assert (spring.bad, summer.bad, summer.readings) == (0, 4, 4) and summer.severity is Severity.CRITICAL
