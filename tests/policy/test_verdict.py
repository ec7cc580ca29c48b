"""The verdict's table row by row: what makes each hold, what does not, and what a person's word changes."""

from dataclasses import replace
from datetime import date

import pytest

from engine.findings import Severity
from engine.policy import TABLE, Action, joint, verdict
from engine.record import Choice, Decision
from tests.recorded import demo_records, history, monitor

TWO = "{persist: 2 of 3}"


def rules(found) -> list[str]:
    return [one.rule for one in found.reasons]


CASES = {
    # rows, policy, action, rule that names it, findings behind it
    "calm": ({"x.psi": "ooo", "log_loss": "ooo"}, TWO, Action.NO_ACTION, "calm", ()),
    "schema": ({"x.missing_column": "  c"}, TWO, Action.INVESTIGATE, "schema", ("x.missing_column",)),
    "drifted and broken": (
        {"x.psi": "oow", "x.null_rate": "oow"}, TWO, Action.INVESTIGATE, "broken and drifted", ("x.null_rate",),
    ),
    "broken elsewhere": ({"x.psi": "oow", "y.null_rate": "ooc"}, TWO, Action.INVESTIGATE, "broken", ("y.null_rate",)),
    "a little broken": ({"y.null_rate": "oow"}, TWO, Action.WATCH, "in alarm", ("y.null_rate",)),
    "worse and drifted": (
        {"x.psi": "www", "log_loss": "www"}, TWO, Action.RETRAIN, "worse and drifted", ("log_loss", "x.psi"),
    ),
    "worse, not held": ({"x.psi": "www", "log_loss": "oow"}, TWO, Action.WATCH, "in alarm", ("x.psi",)),
    "worse alone": ({"x.psi": "ooo", "log_loss": "www"}, TWO, Action.INVESTIGATE, "worse alone", ("log_loss",)),
    "no labels": ({"x.psi": "www", "log_loss": "oo-"}, TWO, Action.WAIT, "no labels yet", ("x.psi",)),
    "drift, labels fine": ({"x.psi": "www", "log_loss": "ooo"}, TWO, Action.WATCH, "in alarm", ("x.psi",)),
    "not held": ({"x.psi": "ooc", "log_loss": "ooo"}, TWO, Action.WATCH, "not held yet", ("x.psi",)),
    "nothing judged": ({"x.psi": "oo?", "log_loss": "oo?"}, TWO, Action.WATCH, "nothing judged", ()),
    "rule": (
        {"x.psi": "oow", "log_loss": "oow"}, "{persist: 2 of 3, rules: [{when: [data_drift, log_loss]}]}",
        Action.WATCH, "rule", ("x.psi", "log_loss"),
    ),
    "objective": (
        {"x.psi": "owo"}, "{persist: 3 of 3, objectives: [{metric: psi, below: 0.1, of: 21 days}]}", Action.WATCH,
        "objective", (),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_row_of_the_table(name):
    rows, policy, action, rule, findings = CASES[name]
    found = verdict(history(rows), monitor(policy))
    assert (found.action, found.reasons[0].rule, found.reasons[0].findings) == (action, rule, findings)
    assert found.sentence.startswith(action.capitalize()) and found.sentence.endswith(".")


def test_every_row_is_reached_by_a_test():
    reached = {case[3] for case in CASES.values()} | {"new version", "other unit", "too old"}
    assert reached == {row.key for row in TABLE}


def test_a_new_version_that_is_critical_at_once_is_rolled_back():
    records = history({"log_loss": "oooc", "x.psi": "oooo"})
    new = [*records[:3], replace(records[3], version="v2")]
    found = verdict(new, monitor(TWO))
    assert found.action is Action.ROLL_BACK and "v2 after v1" in found.sentence
    assert found.reasons[0].findings == ("log_loss",)
    assert verdict(records, monitor(TWO)).action is Action.WATCH, "the version is the same"
    late = history({"log_loss": "ooooooc"})
    old = [late[0], *(replace(one, version="v2") for one in late[1:])]
    assert verdict(old, monitor(TWO)).action is not Action.ROLL_BACK, "it was well for five weeks"
    bad = history({"log_loss": "oocc"})
    assert verdict([*bad[:3], replace(bad[3], version="v2")], monitor(TWO)).action is not Action.ROLL_BACK, (
        "it was as bad before"
    )
    few = history({"log_loss": "oc?c"})
    assert verdict([*few[:3], replace(few[3], version="v2")], monitor(TWO)).action is not Action.ROLL_BACK, (
        "it was as bad when it could last be told"
    )


def test_a_column_in_another_unit_is_data_to_investigate():
    found = verdict(history({"x.psi": "ww", "y.psi": "ww"}), monitor(), units=["x"])
    assert (found.action, found.reasons[0].rule, found.reasons[0].findings) == (
        Action.INVESTIGATE, "other unit", ("x.psi",),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("model", "action"),
    [
        ("{trained: 2023-12-01}", Action.RETRAIN),
        ("{version: 2023-12}", Action.RETRAIN),
        ("{trained: 2023-12-20}", Action.NO_ACTION),
        ("{version: v7}", Action.NO_ACTION),
    ],
)
def test_a_model_that_is_too_old_is_to_be_trained_again(model, action):
    found = verdict(history({"x.psi": "oo"}), monitor("{max_model_age: 30 days}", f"model: {model}\n"))
    assert found.action is action
    assert any("nobody knows" in one for one in found.notes) == ("v7" in model)


def test_important_columns_bear_on_the_model():
    rows = {"x.psi": "ww", "y.psi": "oo", "log_loss": "ww"}
    assert verdict(history(rows), monitor("{important: top 1}"), ranks=["x", "y"]).action is Action.RETRAIN
    assert verdict(history(rows), monitor("{important: top 1}"), ranks=["y", "x"]).reasons[0].rule == "worse alone"
    assert verdict(history(rows), monitor("{important: [y]}")).reasons[0].rule == "worse alone"
    assert verdict(history({"score.psi": "ww", "log_loss": "ww"}), monitor("{important: [y]}")).action is Action.RETRAIN


# ---- what people decided


def decision(choice: Choice, run: str, *names: str, until: date | None = None, at: str = "2024-01-20") -> Decision:
    return Decision("m", run, choice, "because", "ann", names, until, at)


def test_what_was_accepted_calls_for_nothing_but_stands():
    records = history({"x.null_rate": "occ"})
    found = verdict(records, monitor(), [decision(Choice.ACCEPT, "r1", "x.null_rate")])
    assert (found.action, found.severity) == (Action.NO_ACTION, Severity.CRITICAL)
    assert "accepted as it is: x.null_rate" in found.sentence


def test_what_was_accepted_calls_again_when_it_is_worse_or_comes_again():
    accepted = [decision(Choice.ACCEPT, "r1", "x.null_rate")]
    assert verdict(history({"x.null_rate": "owc"}), monitor(), accepted).action is Action.INVESTIGATE
    assert verdict(history({"x.null_rate": "ococ"}), monitor(), accepted).action is Action.INVESTIGATE
    assert verdict(history({"x.null_rate": "occ"}), monitor(), [decision(Choice.INVESTIGATE, "r1")]).action is (
        Action.INVESTIGATE
    ), "to investigate is not to accept"


def test_a_decision_about_a_run_is_about_all_its_alarms():
    records = history({"x.null_rate": "oc", "y.null_rate": "oc", "z.null_rate": "oo"})
    assert verdict(records, monitor(), [decision(Choice.ACCEPT, "r1")]).action is Action.NO_ACTION
    assert verdict(records, monitor(), [decision(Choice.ACCEPT, "gone")]).action is Action.INVESTIGATE


def test_what_was_accepted_while_it_had_not_held_yet_stays_accepted():
    records = history({"x.psi": "oww"})
    assert verdict(records, monitor(TWO), [decision(Choice.ACCEPT, "r1", "x.psi")]).action is Action.NO_ACTION


def test_a_mute_is_silent_until_its_last_day_and_up_to_its_severity():
    records = history({"x.null_rate": "oww"})
    mute = [decision(Choice.MUTE, "r1", "x.null_rate", until=date(2024, 2, 1))]
    muted = verdict(records, monitor(), mute, today=date(2024, 2, 1))
    assert (muted.action, muted.severity) == (Action.NO_ACTION, Severity.OK)
    assert verdict(records, monitor(), mute, today=date(2024, 2, 2)).severity is Severity.WARNING
    worse = verdict(history({"x.null_rate": "owc"}), monitor(), mute, today=date(2024, 1, 25))
    assert (worse.action, worse.severity) == (Action.INVESTIGATE, Severity.CRITICAL)


def test_a_later_mute_ends_an_earlier_one():
    records = history({"x.null_rate": "oww"})
    both = [
        decision(Choice.MUTE, "r1", "x.null_rate", until=date(2024, 12, 1)),
        decision(Choice.MUTE, "r2", "x.null_rate", until=date(2024, 1, 25), at="2024-01-23"),
    ]
    assert verdict(records, monitor(), both, today=date(2024, 1, 26)).severity is Severity.WARNING


def test_mutes_of_the_file_hold_for_patterns():
    policy = "{mutes: [{finding: 'x.*', until: 2024-02-01, reason: r}]}"
    records = history({"x.null_rate": "ow", "xx.null_rate": "ow"})
    found = verdict(records, monitor(policy), today=date(2024, 1, 20))
    assert found.reasons[0].findings == ("xx.null_rate",)
    assert (
        verdict(history({"x.null_rate": "oc"}), monitor(policy), today=date(2024, 1, 20)).action is Action.INVESTIGATE
    )
    deaf = policy.replace("reason: r", "reason: r, up_to: critical")
    assert verdict(history({"x.null_rate": "oc"}), monitor(deaf), today=date(2024, 1, 20)).action is Action.NO_ACTION


# ---- rules

RULES = {
    # condition(s) -> fires on x.psi w, y.psi o, log_loss c, z.psi ?
    "data_drift": True, "data_drift critical": False, "data_drift of y": False, "data_drift of x*": True,
    "x.psi": True, "psi of y fine": True, "psi of x fine": False, "log_loss critical": True,
    "model_performance worse": True, "z.psi unknown": True, "x.psi unknown": False, "operations unknown": True,
    "operations fine": False, "data_drift of important": True, "data_drift of top 1": False,
}  # fmt: skip


@pytest.mark.parametrize("text", RULES)
def test_conditions(text):
    records = history({"x.psi": "ow", "y.psi": "oo", "z.psi": "o?", "log_loss": "oc"})
    policy = f"{{persist: 2 of 3, rules: [{{when: ['{text}'], then: critical}}]}}"
    found = verdict(records, monitor(policy), ranks=["y", "x"])
    assert ("rule" in rules(found)) is RULES[text]
    assert (found.severity is Severity.CRITICAL) is RULES[text], "a rule counts at once"


def test_all_conditions_of_a_rule_must_hold():
    records = history({"x.psi": "ow", "log_loss": "oo"})
    assert "rule" not in rules(verdict(records, monitor("{rules: [{when: [data_drift, model_performance]}]}")))


def test_muted_findings_take_no_part_in_rules():
    policy = "{rules: [{when: [x.psi]}], mutes: [{finding: x.psi, until: 2999-01-01, reason: r}]}"
    assert rules(verdict(history({"x.psi": "ow"}), monitor(policy))) == ["calm"]


def test_a_rule_about_what_nobody_knows_says_so():
    found = verdict(history({"x.psi": "ow"}), monitor("{rules: [{when: [data_drift of important]}]}"))
    assert any("Rule 1 could not be asked" in one for one in found.notes)


# ---- several baselines


@pytest.mark.parametrize(
    ("first", "second", "how", "severity", "said"),
    [
        ("oc", "oo", "any", Severity.CRITICAL, "has stopped moving"),
        ("oc", "oo", "all", Severity.OK, "has stopped moving"),
        ("oo", "ow", "any", Severity.WARNING, "moves within what it was trained on"),
        ("oc", "ow", "all", Severity.WARNING, "In alarm against reference and previous window"),
        ("oo", "oo", "any", Severity.OK, "In order against reference and previous window"),
    ],
)
def test_each_baseline_has_a_verdict_and_all_have_one_together(first, second, how, severity, said):
    records = history({"x.psi": first}) + history({"x.psi": second}, against="previous window")
    found = joint(records, monitor(f"{{baselines: {how}}}", "against: [reference, previous window]\n"))
    assert found.severity is severity and said in found.sentence
    assert list(found.verdicts) == ["reference", "previous window"]


def test_a_baseline_without_records_is_named():
    found = joint(history({"x.psi": "oo"}), monitor(more="against: [reference, previous window]\n"))
    assert found.missing == ("previous window",) and "Not recorded against previous window" in found.sentence
    assert joint([], monitor()) is None and verdict([], monitor()) is None


def test_names_in_sentences_are_harmless():
    name = "{names} \x1b[31m"
    found = verdict(history({f"{name}.null_rate": "oc"}), monitor())
    assert "\x1b" not in found.sentence and "{names}" in found.sentence


# ---- the demo


def test_the_demos_last_week_is_critical_by_quality_though_it_is_partial(demo):
    found = verdict(demo_records(), demo.monitor)
    assert found.action is Action.INVESTIGATE and found.severity is Severity.CRITICAL
    assert any("partial" in one for one in found.notes)
    names = {name for reason in found.reasons if reason.rule.startswith("broken") for name in reason.findings}
    assert names >= {f"{one}.null_rate" for one in ("temp_f", "humidity", "wind_mph", "precip_in")}
    assert not any(name.endswith((".psi", ".wasserstein", "log_loss")) for name in names)


def test_the_demos_model_grows_too_old_in_august(demo):
    old = [i for i in range(1, 41) if "too old" in rules(verdict(demo_records()[:i], demo.monitor))]
    assert demo_records()[old[0] - 1].window.text == "2013-08-26..2013-09-02" and old == list(range(old[0], 41))
