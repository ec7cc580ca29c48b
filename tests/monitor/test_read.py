"""Monitor files: all problems at once with their lines, nearest names, and nothing that a file can do to the reader."""

from datetime import datetime

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.columns import Kind
from engine.errors import InvalidMonitor, PlumblineError, UnreadableSource
from engine.monitor import Monitor, read_monitor, read_monitors
from engine.monitor.fields import json_schema
from engine.monitor.read import parse_monitor
from engine.monitor.write import to_yaml
from engine.signals import Level

LEAST = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"

FULL = """\
monitor: flights-late
description: Will a flight leaving New York arrive late?
owner: ops@example.com
model: {name: late-arrival, version: "2013-03", task: classification, tier: medium}
reference: {path: data/demo/reference.parquet}
production: {path: data/demo/production.parquet}       # file, glob, folder, s3://, https://, or {table:, connection:}
columns:
  id: flight_id
  timestamp: scheduled_departure
  score: late_probability
  prediction: predicted_late
  target: late                                          # or {path:, id:, column:} – labels that arrive later
  attributions: {path: data/demo/attributions.parquet, id: flight_id}
  features: all                                         # or a list, or {top: 10} by importance
  cohorts: [origin, carrier]
  kinds: {hour: categorical}
  latency: null
  error: null
window: {every: 1 week, grace: 2 days, least: 0.5}
against: reference                                      # or previous window, trailing 4 windows, same window last year
signals:
  data_drift: {metrics: {numeric: [psi, wasserstein], categorical: [psi]}}
  prediction_drift: {}
  data_quality: {}
  model_performance: {metrics: [log_loss, roc_auc], estimate: true, value: {tp: 0, fp: -1, fn: -10, tn: 0}}
  attribution_drift: {}
  operations: {}
thresholds:
  psi: {warning: 0.1, critical: 0.25}
  temp_f.psi: {warning: 0.5, critical: 1.0}
policy:
  false_alarms: 0.05
  persist: 2 of 3
  max_model_age: 180 days
deliver:
  - {to: webhook, url: "${PLUMBLINE_WEBHOOK}", when: critical, digest: daily}
  - {to: prometheus, path: metrics/plumbline.prom}
engine: {on: duckdb}                                    # or {on: spark, remote: "sc://host:15002"}
"""


def problems(text: str) -> list[tuple[int | None, str, str]]:
    with pytest.raises(InvalidMonitor) as raised:
        parse_monitor(text)
    assert str(raised.value)
    return [(one.line, one.field, f"{one.message} {one.hint or ''}".strip()) for one in raised.value.problems]


def test_the_shortest_monitor_has_a_default_for_everything_else():
    found = parse_monitor(LEAST)
    assert (found.window.unit, found.policy.false_alarms, found.against) == ("week", 0.05, "reference")
    assert found.signals is None and found.thresholds == {}


def test_every_promised_field_is_read():
    found = parse_monitor(FULL)
    assert found.columns.roles == {
        "flight_id": "id",
        "scheduled_departure": "timestamp",
        "late_probability": "score",
        "predicted_late": "prediction",
        "late": "target",
    }
    assert found.columns.kinds == {"hour": Kind.CATEGORICAL}
    assert found.plan.judged[Kind.NUMERIC] == ("psi", "wasserstein")
    assert found.plan.thresholds["temp_f.psi"] == (Level(0.5), Level(1.0))
    assert found.deliver[0].url == "${PLUMBLINE_WEBHOOK}", "it is filled in when something is sent"
    assert found.signals.model_performance.value == {"tp": 0, "fp": -1, "fn": -10, "tn": 0}
    assert (found.model.version, found.engine.on, found.policy.persist) == ("2013-03", "duckdb", "2 of 3")


@pytest.mark.parametrize(
    "lines",
    [
        "production: {table: public.flights, connection: postgres}",
        "production: {path: 's3://bucket/*.parquet'}",
        "production: {path: b}\nagainst: [reference, previous window, trailing 4 windows, same window last year]",
        "production: {path: b}\ncolumns: {features: {top: 10}}",
        "production: {path: b}\ncolumns: {features: [a, b]}",
        "production: {path: b}\ncolumns: {target: {path: labels.parquet, id: id, column: late}}",
        "production: {path: b}\nthresholds: {null_rate: {warning: +0.01, critical: '5 %'}}",
        "production: {path: b}\nthresholds: {'*_f.ks': {warning: 0.1, critical: 0.2}}",
        "production: {path: b}\nengine: {on: spark, remote: 'sc://host:15002'}",
    ],
)
def test_the_other_ways_that_are_promised_are_read(lines):
    assert isinstance(parse_monitor(f"monitor: m\nreference: {{path: a}}\n{lines}\n"), Monitor)


def test_the_demo_monitor_is_valid(demo):
    assert demo.monitor.monitor == "flights-late"


def test_all_problems_are_told_at_once_with_line_and_nearest_name():
    text = """\
monitor: m
reference: {path: a}
production: {path: b}
colums: {}
columns:
  timestmp: at
  kinds: {hour: categorial}
window: {every: 3 days, least: 2}
thresholds:
  pis: {warning: 0.1, critical: 0.2}
  psi: {warning: many}
policy:
  persist: 3 of 2
  false_alarms: 0
signals:
  data_drift: {metrics: {numeric: [psi, waserstein]}}
deliver:
  - {to: webhook}
  - {to: pigeon}
"""
    found = problems(text)
    said = "\n".join(f"{line} {field}: {message}" for line, field, message in found)
    assert [line for line, _, _ in found] == sorted(line for line, _, _ in found)
    for line, field, hint in [
        (4, "colums", "Did you mean 'columns'?"),
        (6, "columns.timestmp", "Did you mean 'timestamp'?"),
        (7, "columns.kinds.hour", "categorical"),
        (8, "window.every", "1 week"),
        (8, "window.least", "less than or equal to 1"),
        (10, "thresholds.pis", "Did you mean 'psi'?"),
        (11, "thresholds.psi.critical", "is missing"),
        (11, "thresholds.psi.warning", "no threshold"),
        (13, "policy.persist", "2 of 3"),
        (14, "policy.false_alarms", "greater than 0"),
        (16, "signals.data_drift.metrics.numeric.1", "Did you mean 'wasserstein'?"),
        (19, "deliver.1.to", "webhook"),
    ]:
        lines = [one for one in found if one[1] == field and hint in one[2]]
        assert lines, f"{field}: {hint} is not among\n{said}"
        assert lines[0][0] == line, f"{field} stands on line {line}, not {lines[0][0]}"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "list of 'key: value' lines"),
        ("just words", 1, "list of 'key: value' lines"),
        ("- a\n- b", 1, "list of 'key: value' lines"),
        ("monitor: m\nmonitor: n\n", 2, "given twice"),
        (LEAST + "columns:\n  kinds: {a: numeric, a: categorical}\n", 5, "given twice"),
        ("monitor: [", 1, "not YAML"),
        ("monitor: m\n\treference: a", 2, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML"),
        ("monitor: \x00", None, "not YAML"),
        (LEAST + "model: {version: 2013-02-31}\n", None, "not YAML"),
        (LEAST + "model: {version: !!python/object:os.system x}\n", 4, "not YAML"),
        (LEAST + "? [a, b]\n: 1\n", 4, "a key must be a word"),
    ],
)
def test_what_is_no_monitor_is_refused(text, line, said):
    found = problems(text)
    assert said in found[0][2]
    if line:
        assert found[0][0] == line


def test_missing_fields_are_named():
    assert {field for _, field, _ in problems("description: x")} == {"monitor", "reference", "production"}


@pytest.mark.parametrize(
    "place", ["{}", "{path: a, table: b}", "{paht: a}", "5", "[a]", "null"], ids=lambda place: place
)
def test_a_dataset_is_a_path_or_a_table(place):
    found = problems(f"monitor: m\nreference: {place}\nproduction: {{path: b}}\n")
    assert found[0][0] == 2
    assert found[0][1].startswith("reference")


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf", "'nan'", "'+inf'", "'inf %'"])
def test_a_threshold_is_a_finite_number(value):
    assert problems(LEAST + f"thresholds:\n  psi: {{warning: {value}, critical: 1}}\n")[0][0] == 5


# ---- what a file could do to its reader

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [
        LAUGHS + LEAST,
        "monitor: &m [*m]\n",
        "a: &a {b: *a}\n" + LEAST,
        "monitor: " + "[" * 5000,
        "monitor: " + "[" * 300 + "]" * 300,
        "monitor: " + "{a: " * 3000,
        LEAST + "model: {version: " + "9" * 6000 + "}\n",
        LEAST + "policy: {false_alarms: 1e999}\n",
        LEAST + "columns: {kinds: {? x : numeric}}\n" * 2,
    ],
    ids=[
        "laughs",
        "self",
        "self in a mapping",
        "deep",
        "deep and closed",
        "deep mappings",
        "digits",
        "overflow",
        "twice",
    ],
)
def test_a_file_made_to_explode_is_refused_at_once(text):
    assert problems(text)


def test_anchors_and_merged_keys_are_plain_yaml():
    text = LEAST + "thresholds:\n  psi: &l {warning: 0.1, critical: 0.2}\n  ks: *l\n  js: {<<: *l, critical: 0.3}\n"
    found = parse_monitor(text).thresholds
    assert (found["ks"].critical, found["js"].warning, found["js"].critical) == (0.2, 0.1, 0.3)


def test_the_words_on_and_off_are_words():
    assert parse_monitor(LEAST.replace("monitor: m", "monitor: off")).monitor == "off"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text):
    for one in (text, LEAST + text, LEAST + f"description: {text}\n"):
        try:
            parse_monitor(one)
        except PlumblineError as error:
            assert str(error)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*Monitor.model_fields, "other"]), VALUES, max_size=6))
def test_no_document_breaks_the_reader(document):
    try:
        parse_monitor(yaml.safe_dump(document, allow_unicode=True))
    except InvalidMonitor as error:
        assert error.problems


# ---- the environment and files


def test_variables_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("PL_OWNER", "ops {not: yaml}")
    assert parse_monitor(LEAST + 'owner: "x ${PL_OWNER} y"\n').owner == "x ops {not: yaml} y"


def test_a_variable_that_is_not_set_is_a_problem_with_its_line(monkeypatch):
    monkeypatch.delenv("PL_NOWHERE", raising=False)
    assert problems(LEAST + 'owner: "${PL_NOWHERE}"\n') == [(4, "owner", "the environment has no variable PL_NOWHERE")]


@pytest.mark.parametrize("path", ["nowhere.yaml", ".", "x\0y", "a" * 5000])
def test_a_file_that_cannot_be_read_is_told(path):
    with pytest.raises(UnreadableSource):
        read_monitor(path)


def test_a_file_that_is_too_large_or_no_text_is_told(tmp_path):
    (tmp_path / "large.yaml").write_text(LEAST + "# " + "x" * (1 << 20))
    (tmp_path / "odd.yaml").write_bytes(b"monitor: \xff\n")
    (tmp_path / "good.yml").write_text(LEAST)
    monitors, broken = read_monitors(tmp_path)
    assert set(monitors) == {"good.yml"}
    assert "1 MB" in str(broken["large.yaml"]) and "UTF-8" in str(broken["odd.yaml"])


def test_a_digest_follows_the_content_and_not_the_layout():
    plain = parse_monitor(LEAST)
    assert plain.digest == parse_monitor("# a note\n" + LEAST.replace("{path: a}", "\n  path: a")).digest
    assert plain.digest != parse_monitor(LEAST.replace("path: a", "path: c")).digest


def test_the_schema_knows_every_field():
    assert set(json_schema()["properties"]) == set(Monitor.model_fields)


NAMED = LEAST + 'cohorts: {small: [seats<100, "carrier in(EV,UA) & origin=LGA"]}\n'


def test_named_cohorts_and_events_are_read_and_written():
    monitor = parse_monitor(NAMED + "events: [{at: 2013-04-21, until: 2013-04-27, name: furloughs}]\n")
    assert monitor.cohorts == {"small": ["seats<100", "carrier in(EV,UA) & origin=LGA"]}
    (event,) = monitor.events
    assert event.at == datetime(2013, 4, 21) and event.end == datetime(2013, 4, 28)  # the last day counts as a whole
    assert parse_monitor(to_yaml(monitor)) == monitor


def test_a_moment_with_a_zone_is_read_in_the_datas_clock():
    (event,) = parse_monitor(LEAST + "events: [{at: '2013-04-21T02:00:00+02:00', name: e}]\n").events
    assert event.at == datetime(2013, 4, 21) and event.end is None


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("cohorts: {x: [seats]}", "cohorts.x.0", "holds no operator"),
        ("cohorts: {x: ['a=1 & b']}", "cohorts.x.0", "'b' holds no operator"),
        ("cohorts: {x: ['a between(1)']}", "cohorts.x.0", "takes 2 values"),
        ("events: [{at: 2013-04-21, nam: e}]", "events.0.nam", "Did you mean 'name'"),
        ("events: [{at: 2013-04-21, name: e, until: 2012-01-01}]", "events.0", "ends after it began"),
        ("events: [{at: soon, name: e}]", "events.0.at", "soon"),
    ],
)
def test_named_cohorts_and_events_that_cannot_be_understood(text, field, said):
    found = {at: message for _, at, message in problems(LEAST + text + "\n")}
    with pytest.raises(InvalidMonitor, match="problem") as raised:
        parse_monitor(LEAST + text + "\n")
    assert field in found and said in str(raised.value)


def test_a_monitor_without_later_fields_keeps_its_digest():
    assert parse_monitor(LEAST).digest == "0d573e0efc11b37303140eef45c87ab42e42e59eee9cb342fea2819f5bcff702"
    assert parse_monitor(NAMED).digest != parse_monitor(LEAST).digest
