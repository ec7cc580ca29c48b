"""The policy part of a monitor file: what is read, what is refused with its line, and what check finds odd about it."""

from datetime import date, timedelta

import pytest

from engine.errors import InvalidMonitor
from engine.monitor.check import check_monitor
from engine.monitor.lints import policy_lints
from engine.monitor.read import parse_monitor
from engine.monitor.terms import Reads, Term, parse_term
from engine.monitor.write import to_yaml

HEAD = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"
FULL = (
    HEAD
    + """\
model: {trained: 2013-03-31}
policy:
  persist: 2 of 3
  important: [temp_f, "*_mph"]
  baselines: all
  rules:
    - {when: [data_drift of important, log_loss critical], then: critical, say: Both.}
    - {when: [model_performance unknown]}
  mutes:
    - {finding: temp_f.*, until: 2013-09-30, reason: Summer., up_to: critical}
  objectives:
    - {metric: ks, columns: top 5, below: 0.1, share: 0.9, of: 2 months, name: stable}
    - {metric: auc, above: 0.65}
"""
)


def test_everything_is_read_and_written_again():
    found = parse_monitor(FULL)
    policy = found.policy
    assert policy.held == (2, 3) and found.model.learned == date(2013, 3, 31)
    assert policy.rules[0].then == "critical" and policy.rules[1].say == ""
    assert policy.mutes[0].until == date(2013, 9, 30)
    assert policy.objectives[0].metric == "kolmogorov_smirnov" and policy.objectives[0].span == timedelta(days=60)
    assert (policy.objectives[1].level, policy.objectives[1].share, policy.objectives[1].of) == (0.65, 0.95, "30 days")
    assert parse_monitor(to_yaml(found)) == found


def test_a_monitor_without_the_new_fields_keeps_its_digest():
    plain, digest = parse_monitor(HEAD), "0d573e0e"
    assert parse_monitor(HEAD + "policy: {rules: [], mutes: [], important: top 5}\n").digest == plain.digest
    assert parse_monitor(HEAD + "policy: {important: top 6}\n").digest != plain.digest
    assert plain.digest.startswith(digest), "old runs carry this digest: a new field must be left out at its default"


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("data_drift", Term("data_drift")),
        ("data_drift of important", Term("data_drift", "important")),
        ("model_performance worse", Term("model_performance")),
        ("model_performance fine", Term("model_performance", "", Reads.FINE)),
        ("ks of top 3 critical", Term("kolmogorov_smirnov", "top 3", Reads.CRITICAL)),
        ("a.b.psi unknown", Term("psi", "a.b", Reads.UNKNOWN)),
        ("psi of my column critical", Term("psi", "my column", Reads.CRITICAL)),
        ("missing_column", Term("missing_column")),
    ],
)
def test_conditions_are_read(text, term):
    assert parse_term(text) == term


WRONG = {
    "persist: 3 of 2": "'2 of 3'",
    "persist: 0 of 2": "'2 of 3'",
    "persist: always": "'2 of 3'",
    "rules: [{when: [data_drit]}]": "Did you mean 'data_drift'?",
    "rules: [{when: [psi of]}]": "'of' is not understood",
    "rules: [{when: [of x]}]": "Unknown signal or metric 'of x'",
    "rules: [{when: [data_drift badly]}]": "'badly' is not understood",
    "rules: [{when: [x.pis critical]}]": "Did you mean 'psi'?",
    "rules: [{when: []}]": "at least 1",
    "rules: [{when: [psi], than: critical}]": "Did you mean 'then'?",
    "rules: [{when: [psi], then: bad}]": "'info', 'warning' or 'critical'",
    "mutes: [{finding: x.psi, until: 2013-09-30}]": "is missing",
    "mutes: [{finding: x.psi, until: soon, reason: r}]": "valid date",
    "objectives: [{metric: psi}]": "give 'below'",
    "objectives: [{metric: psi, above: 0.1}]": "give 'below'",
    "objectives: [{metric: roc_auc, below: 0.1}]": "give 'above'",
    "objectives: [{metric: log_loss, below: 0.5, columns: x}]": "leave them out",
    "objectives: [{metric: psi, below: 0.1, columns: top five}]": "'top 5'",
    "objectives: [{metric: psi, below: 0.1, share: 1}]": "less than 1",
    "objectives: [{metric: psi, below: .inf}]": "finite",
    "important: []": "no column",
    "baselines: most": "'any' or 'all'",
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_told_with_its_line(line):
    with pytest.raises(InvalidMonitor) as raised:
        parse_monitor(HEAD + f"policy:\n  {line}\n")
    (problem,) = raised.value.problems
    assert problem.line == 5 and problem.field.startswith("policy.") and WRONG[line] in str(problem), str(problem)


ODD = {
    "persist: 1 of 3": "this is 1 of 1",
    "max_model_age: 30 days": "nothing tells how old",
    "mutes: [{finding: x.psi, until: 2020-01-01, reason: r}]": "it ended on 2020-01-01",
    "mutes: [{finding: x.pis, until: 2999-01-01, reason: r}]": "no finding ends in 'pis'",
    "rules: [{when: [operations critical]}]": "operations is not computed",
    "objectives: [{metric: log_loss, below: 0.5, of: 3 months}]": "model_performance is not computed",
    "objectives: [{metric: psi, below: 0.5, of: 2 days}]": "hold no whole week",
}


@pytest.mark.parametrize("line", ODD)
def test_what_is_odd_is_found(line):
    monitor = parse_monitor(HEAD + f"signals: {{operations: null, model_performance: null}}\npolicy:\n  {line}\n")
    (row,) = policy_lints(monitor, date(2026, 1, 1))
    assert ODD[line] in row[1]


def test_a_good_policy_is_not_odd():
    assert list(policy_lints(parse_monitor(FULL), date(2013, 9, 30))) == []


def test_check_holds_the_policy_against_the_demos_data(tmp_path, demo_folder):
    text = (demo_folder.parent / "monitors" / "flights.yaml").read_text(encoding="utf-8")
    text = text.replace("data/demo/", f"{demo_folder}/").replace("against: reference", AGAINST)
    text = text.replace("  rules:", "  mutes:\n    - {finding: tmp_f.psi, until: 2999-01-01, reason: r}\n  rules:")
    text = text.replace("[prediction_drift, data_drift of important]", "[data_drift of orign, psi of z_*]")
    text = text.replace("  max_model_age", OBJECTIVES + "  max_model_age")
    path = tmp_path / "m.yaml"
    path.write_text(text)
    found = {one.field: one for one in check_monitor(path)}
    said = {field: f"{one.severity}: {one.message} {one.hint or ''}" for field, one in found.items()}
    assert "Did you mean 'temp_f'?" in said["policy.mutes.0.finding"]
    assert (
        "Did you mean 'origin'?" in said["policy.rules.1.when.0"] and "matches 'z_*'" in said["policy.rules.1.when.1"]
    )
    assert "Did you mean 'hour'?" in said["policy.objectives.0.columns.1"]
    for field, one in found.items():
        line = text.splitlines()[(one.line or 1) - 1]
        assert any(word in line for word in ("finding", "when", "metric", "against", "columns")), (field, line)


AGAINST = "against: [reference, previous window]"
OBJECTIVES = "  objectives: [{metric: psi, columns: [hour, huor], below: 0.1}]\n"


@pytest.mark.parametrize(
    ("more", "field", "said"),
    [
        ("against: [reference, previus window]", "against.1", "Did you mean 'previous window'?"),
        ("against: [reference, reference]", "against.1", "listed twice"),
        ("against: window 1999-01-01..1999-02-01", "against", "no rows in that window"),
        ("against: everyone else", "against", "is nobody"),
        ("policy: {persist: 50 of 60}", "policy.persist", "production has 40 windows"),
        ("policy: {objectives: [{metric: log_loss, below: 0.5, share: 0.9}]}", "policy.objectives.0.share", "not one"),
        ("thresholds: {gust_mph.null_rate: {warning: 0.05, critical: 0.9}}", "thresholds.gust_mph.null_rate.warning",
         "always fires"),
        ("thresholds: {psi: {warning: 0.1, critical: 40}}", "thresholds.psi.critical", "never fires"),
        ("reference: {path: PRODUCTION}", "production", ""),
    ],
)  # fmt: skip
def test_oddities_that_only_the_data_tell(tmp_path, demo_folder, more, field, said):
    sides = {side: str(demo_folder / f"{side}.parquet") for side in ("reference", "production")}
    path = tmp_path / "m.yaml"
    path.write_text(
        f"monitor: m\nreference: {{path: '{sides['reference']}'}}\nproduction: {{path: '{sides['production']}'}}\n"
        "columns: {timestamp: scheduled_departure, target: late, score: late_probability, prediction: predicted_late}\n"
        + (more if "PRODUCTION" not in more else "")
        + "\n"
    )
    if "PRODUCTION" in more:  # a reference that reaches into production
        import pyarrow.parquet as pq

        table = pq.read_table(sides["production"]).slice(0, 20_000)
        pq.write_table(table, tmp_path / "first.parquet")
        path.write_text(path.read_text().replace(sides["reference"], str(tmp_path / "first.parquet")))
        said = "windows hold rows of the reference too, from the week of 1 April 2013 on"
    found = [one for one in check_monitor(path) if one.field == field]
    assert found and said in f"{found[0].message} {found[0].hint or ''}", [str(one) for one in check_monitor(path)]
