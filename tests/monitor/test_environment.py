"""Values from the environment: filled in, and never in a digest, a document, a written file or a message."""

import pytest

from engine.errors import InvalidMonitor
from engine.monitor.check import check_monitor
from engine.monitor.read import parse_monitor
from engine.monitor.write import to_yaml

SECRET = "hunter-2-and-more"
TEXT = """\
monitor: m
owner: "${PL_OWNER} of ${PL_TEAM}"
reference: {path: "${PL_FOLDER}/old.parquet"}
production: {path: b, }
window: {least: "${PL_LEAST}"}
thresholds:
  temp.f.psi: {warning: "${PL_WARN}", critical: 0.5}
"""


@pytest.fixture
def filled(monkeypatch):
    for name, value in {
        "PL_OWNER": SECRET, "PL_TEAM": "ops", "PL_FOLDER": f"/data/{SECRET}", "PL_LEAST": "0.25", "PL_WARN": "0.2",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return parse_monitor(TEXT)


def test_values_are_filled_in_whatever_their_type(filled):
    assert (filled.owner, filled.window.least) == (f"{SECRET} of ops", 0.25)
    assert filled.reference.path == f"/data/{SECRET}/old.parquet"
    assert filled.plan.thresholds["temp.f.psi"][0].amount == 0.2


def test_what_is_kept_or_shown_has_the_name_and_not_the_value(filled):
    kept = [repr(filled), str(filled), to_yaml(filled), str(filled.definition), str(filled.as_written())]
    for text in kept:
        assert SECRET not in text and "${PL_OWNER}" in text
    assert filled.definition["reference"]["path"] == "${PL_FOLDER}/old.parquet"
    assert filled.hidden(f"no such file /data/{SECRET}/old.parquet") == "no such file ${PL_FOLDER}/old.parquet"


def test_a_digest_is_of_the_text_and_not_of_the_environment(filled, monkeypatch):
    monkeypatch.setenv("PL_OWNER", "somebody else")
    other = parse_monitor(TEXT)
    assert other.owner != filled.owner and other.digest == filled.digest
    assert parse_monitor(TEXT.replace("${PL_OWNER}", "x")).digest != filled.digest


def test_what_is_written_is_read_again_to_the_same(filled):
    again = parse_monitor(to_yaml(filled))
    assert again == filled and again.digest == filled.digest


def test_a_wrong_value_is_told_by_its_name(filled, monkeypatch):
    monkeypatch.setenv("PL_LEAST", SECRET)
    monkeypatch.setenv("PL_WARN", SECRET)
    with pytest.raises(InvalidMonitor) as raised:
        parse_monitor(TEXT)
    assert SECRET not in str(raised.value)
    assert [one.line for one in raised.value.problems] == [5, 7]
    assert "${PL_LEAST}" in str(raised.value)


def test_every_variable_that_is_not_set_is_told_with_its_line(monkeypatch):
    for name in ("PL_OWNER", "PL_TEAM", "PL_FOLDER", "PL_LEAST", "PL_WARN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InvalidMonitor) as raised:
        parse_monitor(TEXT + "colums: {}\n")
    found = [(one.line, one.message) for one in raised.value.problems]
    named = {(2, "PL_OWNER"), (2, "PL_TEAM"), (3, "PL_FOLDER"), (5, "PL_LEAST"), (7, "PL_WARN")}
    assert {(line, said.split()[-1]) for line, said in found if "variable" in said} == named
    assert (8, "unknown field.") in found and len(found) == 6


def test_a_secret_path_does_not_come_out_of_check(tmp_path, monkeypatch):
    monkeypatch.setenv("PL_FOLDER", str(tmp_path / SECRET))
    path = tmp_path / "m.yaml"
    path.write_text('monitor: m\nreference: {path: "${PL_FOLDER}/old.parquet"}\nproduction: {path: none.parquet}\n')
    found = check_monitor(path)
    assert len(found) == 2 and not any(SECRET in str(one) for one in found)


def test_the_document_of_a_run_names_its_data_as_the_file_does(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.explore import look, open_monitor
    from engine.slices import Slice

    folder = tmp_path / SECRET
    folder.mkdir()
    for name in ("old", "new"):
        pq.write_table(pa.table({"x": [1.0, 2.0] * 200}), folder / f"{name}.parquet")
    monkeypatch.setenv("PL_FOLDER", str(folder))
    text = 'monitor: m\nreference: {path: "${PL_FOLDER}/old.parquet"}\nproduction: {path: "${PL_FOLDER}/new.parquet"}\n'
    run = look(open_monitor(parse_monitor(text)), Slice())
    assert run.reference.name == "${PL_FOLDER}/old.parquet" and run.production.name == "${PL_FOLDER}/new.parquet"
    assert SECRET not in run.to_json()


def test_targets_are_filled_in_when_something_is_sent(tmp_path, monkeypatch):
    monkeypatch.delenv("PL_HOOK", raising=False)
    text = 'monitor: m\nreference: {path: a}\nproduction: {path: b}\ndeliver: [{to: webhook, url: "${PL_HOOK}"}]\n'
    assert parse_monitor(text).deliver[0].url == "${PL_HOOK}"
    path = tmp_path / "m.yaml"
    path.write_text(text)
    said = [one for one in check_monitor(path) if one.field == "deliver.0.url"]
    assert [(one.line, one.severity) for one in said] == [(4, "warning")] and "PL_HOOK" in said[0].message
