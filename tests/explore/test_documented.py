"""What docs/performance.md says of the demo, computed again: each number must stand there as it is computed."""

import re
from pathlib import Path

import numpy as np
import pytest

from engine.attribution import rank_changes
from engine.consequence import Verdict
from engine.explore import floors_of, look, performance_history
from engine.explore.attribution import attribution_history, explained
from engine.explore.consequence import consequences_of
from engine.explore.duel import duel
from engine.explore.fairness import fairness
from engine.explore.reliability import reliabilities, surprises
from engine.findings import Finding
from engine.slices import Filter, Slice, parse_window

ROOT = Path(__file__).resolve().parents[2]
TEXT = re.sub(r"\s+", " ", (ROOT / "docs" / "performance.md").read_text(encoding="utf-8"))
WEEK = parse_window("2013-04-22..2013-04-29")
CUT = Slice(window=WEEK)
CALLS = ("warning", "critical")


def says(*words):
    for one in words:
        assert one in TEXT, one


@pytest.fixture(scope="module")
def at(demo):
    return demo.windows.index(WEEK)


@pytest.fixture(scope="module")
def course(demo):
    return performance_history(demo, "log_loss", floors=floors_of(demo, CUT, "same cohort"))


@pytest.fixture(scope="module")
def run(demo):
    return look(demo, CUT)


def test_realized_and_labels(demo, course, at):
    called = [demo.windows[i].start for i, one in enumerate(course.found) if one.severity in CALLS]
    says(f"{len(called)} of {len(course.found)} weeks raise log loss", *(f"{day.day} {day:%B}" for day in called))
    auc = performance_history(demo, "roc_auc", floors=floors_of(demo, CUT, "same cohort"))
    assert not [one for one in auc.found if one.severity in CALLS]
    says(f"{auc.found[at].value:.3f} on 22 April against 0.68 ")
    counts = [course.maturity.count(state) for state in ("mature", "incomplete", "provisional")]
    assert counts[2] == 0
    says(f"{counts[0]} weeks are mature and {counts[1]} incomplete")
    says(f"{min(a / b for a, b in zip(course.labelled, course.rows, strict=True)):.1%} of rows".replace("%", " %"))


def test_the_estimate_and_where_it_failed(demo, course, at):
    honesty = course.honesty
    says(
        f"Over {honesty.windows} weeks", f"off by {honesty.off:.2f} on average", f"inside its band in {honesty.inside}"
    )
    first = surprises(demo, course)[0]
    assert first.window == WEEK and first.realized == max(one.value for one in course.found)
    one = first.estimate
    says(f"loss of {one.value:.3f} ({one.low:.3f} to {one.high:.3f}); what came true was {first.realized:.3f}")
    recall = performance_history(demo, "recall")
    one = recall.estimates[at]
    says(f"estimated at {one.value:.3f} ({one.low:.3f} to {one.high:.3f})")
    assert one.low < recall.found[at].value < one.high
    lga = performance_history(demo, "recall", Slice((Filter("origin", "eq", ("LGA",)),))).found[at].value
    values = [recall.found[at].value, lga, recall.found[at + 1].value]
    says("Recall was {:.1f} %, at LaGuardia {:.1f} %, and {:.1f} % the week after".format(*(100 * v for v in values)))


def test_what_the_score_meant(demo):
    said = reliabilities(demo, CUT).words
    before, now, same, mix = re.search(
        r"from (\S+) % to (\S+) %: \+(\S+) points at the same score, -(\S+) from", said
    ).groups()
    says(f"{now} % of flights were late against {before} %", f"fallen by {mix} points", f"it rose by {same}")


def test_the_days_before(demo):
    asked = f"SELECT avg(late::INT) AS r FROM {demo.production.scan} WHERE scheduled_departure::DATE = ?"
    shares = [demo.production.query(asked, [f"2013-04-{day}"])["r"][0].as_py() for day in (18, 19)]
    says("on 18 and 19 April, before the furloughs, {:.0%} and {:.0%} were late".format(*shares).replace("%", " %"))


def test_value(demo, at):
    worth = performance_history(demo, "value_per_prediction").found[at]
    low, high = worth.band
    says(f"−{-worth.value:.2f} ± {(high - low) / 2:.2f} a flight", "−21,905 in all", "−1.37 in the reference")
    assert "-21,905 in all" in worth.sentence and "(reference -1.37)" in worth.sentence


def test_drift_by_importance(demo, run):
    history = attribution_history(demo, explained(demo, demo.base), Slice())
    read = [one.value for one in history.findings.values() if isinstance(one, Finding)]
    assert len(read) == 40 and not [one for one in history.findings.values() if one.severity in CALLS]
    says(f"on the demo {min(read):.3f} to {max(read):.3f} in every week")
    found = {one.column: one for one in consequences_of(demo, run.findings, run.ranking, CUT)}
    costly = [name for name, one in found.items() if one.verdict is Verdict.COSTLY]
    assert costly == ["temp_f"]
    says(f"temperature ({found['temp_f'].share:.0%} of importance)".replace("%", " %"))
    says(f"pressure reads {found['pressure_mb'].ratio:.0f} times its threshold")
    assert found["pressure_mb"].verdict is Verdict.NOISE and len(rank_changes(run.ranking)) == 15


def ranks(values):
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(float)
    for value in np.unique(values):
        order[values == value] = order[values == value].mean()
    return order


def test_counting_drifted_columns_does_not_tell(demo, course):
    drifted, costly = [], 0
    for window in demo.windows:
        cut = Slice(window=window)
        each = look(demo, cut)
        found = consequences_of(demo, each.findings, each.ranking, cut)
        drifted.append(sum(one.drifted for one in found))
        costly += sum(one.verdict is Verdict.COSTLY for one in found)
    says(f"{sum(drifted)} drifted columns were counted; {costly} of them were costly")
    loss = np.array([one.value for one in course.found])
    says(f"−{-np.corrcoef(ranks(np.array(drifted)), ranks(loss))[0, 1]:.2f}.")
    i = demo.windows.index(WEEK)
    assert drifted[i] == np.median(drifted) == 1
    says("1 of 16 columns drifted, as in the median week")


def test_gaps_and_the_duel(demo):
    found = fairness(demo, "origin", CUT)
    recall, before = found.now["recall_gap"], found.before["recall_gap"]
    high, low = recall.rates[0], recall.rates[-1]
    says(f"{100 * high.value:.1f} % at {high.cohort} and {100 * low.value:.1f} % at {low.cohort}")
    says(f"{100 * recall.value:.1f} ± {300 * recall.error:.1f} points apart; in the reference it was "
         f"{100 * before.value:.1f}")  # fmt: skip
    match = duel(demo, "carrier", "UA", "EV", CUT)
    assert [one.metric for one in match.duels if one.better] == ["average_precision", "f1", "recall"]
    assert [one.metric for one in match.duels if one.better is False] == ["brier", "specificity"]
    says(f"{sum(one.severity in CALLS for one in match.drift)} of {len(match.drift)} columns of their rows differ")


def test_its_code_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code[1], "performance.md", "exec"), {})
    assert "is 0.775 ± 0.0289" in capsys.readouterr().out
