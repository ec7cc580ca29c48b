"""Studio: a replay gives what new runs would, searches are monotone, incidents are told, and it is quick."""

from dataclasses import replace

import pytest

from engine.explore import look, open_monitor
from engine.findings import Severity, Threshold
from engine.monitor.edit import changed
from engine.policy.judging import rejudged
from engine.policy.relimit import relimited
from engine.record import name_of
from engine.slices import Slice
from engine.studio import fitting, replay
from tests.recorded import FILE, demo_records, history, monitor

CANDIDATES = {
    "higher psi": {"psi": (0.3, 0.6)},
    "lower psi": {"psi": (0.05, 0.1)},
    "a column of its own": {"temp_f.wasserstein": (2.0, 3.0), "*_mph.psi": (0.2, 0.4)},
    "relative rates": {"null_rate": ("+0.05", "+0.2"), "out_of_bounds_rate": ("+0.001", "+0.3")},
    "rates as levels": {"null_rate": (0.2, 0.5), "gust_mph.null_rate": (0.9, 0.95)},
    "shares of the reference": {"log_loss": ("10 %", "40 %"), "roc_auc": ("-1 %", "-3 %")},
    "performance as levels": {"log_loss": (0.55, 0.7), "ndcg": (0.995, 0.98)},
}
ALARMS = (Severity.WARNING, Severity.CRITICAL)


@pytest.mark.parametrize("name", CANDIDATES)
def test_a_replay_is_what_new_runs_find(demo, name):
    """Weeks computed anew under the candidate: the same alarms, finding by finding."""
    candidate = changed(demo.monitor, CANDIDATES[name])
    found = replay(demo_records(), demo.monitor, changed(candidate, persist="1 of 1"))
    opened = open_monitor(candidate, FILE.parent)
    for i in (2, 3, 17, 38, 39):
        run = look(opened, Slice((), opened.windows[i]))
        new = {name_of(one.column, one.metric): one.severity for one in run.findings if one.severity in ALARMS}
        again = {n: t.severity(i) for n, t in found.tracks.items() if t.severity(i) in ALARMS}
        assert again == new, opened.windows[i].text
    assert (found.kept, found.floors) == (0, 0)


def test_as_it_was_nothing_changes(demo):
    found = replay(demo_records(), demo.monitor, changed(demo.monitor, persist="1 of 1"))
    for i, record in enumerate(demo_records()):
        assert sum(t.severity(i) in ALARMS for t in found.tracks.values()) == sum(
            record.counts[str(one)] for one in ALARMS
        )


def test_alarms_and_news_by_hand():
    watched = monitor("{persist: 2 of 3}", "events: [{at: 2024-01-15, until: 2024-01-18, name: outage}]\n")
    found = replay(history({"x.psi": "owwwo", "y.null_rate": "ccccc", "z.psi": "ooooo"}), watched)
    assert found.alarms == (("y.null_rate",), ("y.null_rate",), *((("x.psi", "y.null_rate"),) * 2), ("y.null_rate",))
    assert found.news == (("y.null_rate",), (), ("x.psi",), (), ())
    assert (found.always, found.never, found.quiet) == (("y",), ("z",), 0)
    assert (found.per_window, found.news_per_window) == (7 / 5, 2 / 5)
    (event,) = found.incidents
    assert event.caught == ("x.psi",) and event.after.days == 7 and "7 days" in event.sentence


@pytest.mark.parametrize(
    ("at", "said"),
    [("2024-01-29", "missed"), ("2023-01-02", "no window of that time"), ("2024-01-08", "2 became news")],
)
def test_incidents_are_caught_or_missed(at, said):
    watched = monitor("", f"events: [{{at: {at}, name: e}}]\n")
    found = replay(history({"x.null_rate": "owoooo", "y.null_rate": "oocooo"}), watched)
    assert said in found.incidents[0].sentence


def test_the_furlough_is_caught(demo):
    (event,) = replay(demo_records(), demo.monitor).incidents
    assert "log_loss" in event.caught and event.name == "FAA controller furloughs"


def test_limits_of_another_time_are_judged_again():
    """Records made under other levels than the monitor now has: absolute ones are told anew."""
    old = [replace(one, findings=tuple(replace(f, threshold=Threshold(0.3, 0.6)) for f in one.findings))
           for one in history({"x.psi": "ooo"})]  # fmt: skip
    high = [replace(one, findings=tuple(replace(f, value=0.2) for f in one.findings)) for one in old]
    assert replay(high, monitor()).alarms == (("x.psi",),) * 3


def test_what_cannot_be_told_is_counted(demo):
    odd = [replace(one, findings=tuple(replace(f, threshold=Threshold(0.111, 0.7)) if f.metric == "null_rate" else f
                                       for f in one.findings)) for one in demo_records()[:2]]  # fmt: skip
    found = replay(odd, demo.monitor, changed(demo.monitor, {"null_rate": ("+0.02", "+0.1")}))
    assert found.kept == 40 and "is unknown" in found.notes[0]
    other = replay(demo_records()[:2], demo.monitor, changed(demo.monitor, false_alarms=0.001))
    assert other.floors > 0 and "noise floor" in other.notes[-1]


def test_the_rule_is_that_of_findings():
    one = history({"x.psi": "c"})[0].findings[0]
    noisy = replace(one, value=0.3, floor=0.4, floor_basis="reference windows")
    assert rejudged(noisy, Threshold(0.1, 0.2)) is Severity.OK
    assert rejudged(replace(noisy, floor_basis="draws"), Threshold(0.1, 0.2)) is Severity.NOT_ENOUGH_DATA
    few = replace(noisy, severity=Severity.NOT_ENOUGH_DATA)
    assert rejudged(few, Threshold(0.1, 0.2)) is Severity.NOT_ENOUGH_DATA
    assert rejudged(replace(few, value=0.9), Threshold(0.5, 0.8)) is Severity.CRITICAL
    assert rejudged(replace(one, severity=Severity.NOT_JUDGED), Threshold(0.1, 0.2)) is Severity.NOT_JUDGED


@pytest.mark.parametrize(
    ("key", "against", "scale", "value", "limits"),
    [
        ("null_rate", 0.1, None, 0.3, ("+0.02", "+0.3")),
        ("log_loss", 0.5, None, 0.6, ("4 %", "9 %")),
        ("log_loss", 0.0, None, 0.1, ("4 %", "9 %")),
        ("roc_auc", 0.7, None, 0.6, ("-4 %", "-9 %")),
        ("mean_error", 0.3, 2.0, 0.1, ("4 %", "9 %")),  # it fell
        ("mean_error", 0.3, 2.0, 0.9, ("4 %", "9 %")),
    ],
)
def test_limits_are_those_that_the_plan_would_give(key, against, scale, value, limits):
    """relimited undoes what Plan.limits does, whatever the level is relative to."""
    from engine.metrics import metric
    from engine.metrics.metric import Reading

    asked, reading = metric(key), Reading(value, against=against, scale=scale)
    before, after = monitor().plan, changed(monitor(), {key: limits}).plan
    found = replace(history({"x.psi": "c"})[0].findings[0], threshold=before.limits("x", asked, reading), value=value)
    again = relimited(found, asked, before.levels("x", asked), after.levels("x", asked))
    wanted = after.limits("x", asked, reading)
    assert (again.warning, again.critical) == pytest.approx((wanted.warning, wanted.critical), abs=1e-9)


# ---- the search


def test_fewer_alarms_take_higher_limits(demo):
    found = [fitting(demo_records(), demo.monitor, most) for most in (6, 4, 3, 2)]
    rates = [one.replay.per_window for one in found]
    assert all(one.reached and rate <= most for one, rate, most in zip(found, rates, (6, 4, 3, 2), strict=True))
    assert rates == sorted(rates, reverse=True)
    assert found[-1].own == ("temp_f.psi", "temp_f.wasserstein"), "summer is no reason to raise every limit"


def test_a_fit_can_be_written_and_gives_what_it_says(demo):
    from engine.monitor.edit import edited
    from engine.monitor.read import parse_monitor

    fit = fitting(demo_records(), demo.monitor, 2)
    again = parse_monitor(edited(FILE.read_text(encoding="utf-8"), fit.thresholds))
    assert replay(demo_records(), demo.monitor, again).alarms == fit.replay.alarms


def test_what_cannot_be_quiet_is_said(demo):
    fit = fitting(demo_records(), demo.monitor, 0)
    assert not fit.reached and "data quality" in fit.sentence
    quality = {n for one in fit.replay.alarms for n in one}
    assert all(n.endswith(("_rate", "freshness", "volume")) or n == "log_loss" for n in quality)
