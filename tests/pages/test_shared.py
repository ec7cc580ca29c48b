"""What the pages share: text shown letter by letter, safe cells, paths that stay inside, monitors that come back."""

import csv
import doctest
import io
from types import SimpleNamespace

import pytest

from engine.errors import Cancelled, PlumblineError
from engine.monitor.read import parse_monitor
from engine.monitor.write import to_yaml
from engine.pair import open_both
from engine.slices import Slice
from pages.shared import allowance, column_cells, column_table, door, entries, histories, tables, view, words
from pages.shared.draft import draft
from pages.shared.inbox import folder_of
from pages.shared.intake import Source, session, source_at
from tests.pages.conftest import words as said_by


@pytest.mark.parametrize(
    "module", [words, view, tables, allowance, column_cells, column_table], ids=lambda one: one.__name__
)
def test_examples(module):
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("text", [":material/home:", "**a**", "$x$", "<b>", "`a`", ":red[a]", "a -> b", "http://x.y"])
def test_text_from_outside_is_escaped_and_still_reads_the_same(text):
    said = words.plain(text)
    assert said != text
    assert said.replace("\\", "").replace(words.JOINER, "") == text


def test_no_cell_of_a_csv_file_is_a_formula():
    rows = [{"Column": one, "PSI": -0.5} for one in ("=1+1", "+a", "-a", "@a", "\ta", "\ra", " ＝a", "a")]
    read = list(csv.DictReader(io.StringIO(words.to_csv(rows, ["Column", "PSI"]), newline="")))
    assert [row["Column"][0] for row in read] == ["'"] * 7 + ["a"]
    assert {row["PSI"] for row in read} == {"-0.5"}


def test_a_path_stays_under_the_allowed_folders(monkeypatch, tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.csv").write_text("x\n1\n")
    (inside / "link.csv").symlink_to(outside / "a.csv")
    (inside / "links").symlink_to(outside)
    monkeypatch.setenv("PLUMBLINE_DATA", str(inside))
    assert source_at("a.csv").path == str(inside / "a.csv")
    assert source_at(str(inside / "*.csv").replace("*", "a*")).name.endswith("a*.csv")
    outs = ("../out/a.csv", str(outside / "a.csv"), "link.csv", "links/a.csv", "links/*.csv", "*.csv")
    for wanted in (*outs, "s3://b/a", "https://x.y/a.csv"):
        with pytest.raises(PlumblineError, match=r"outside|path of a file|may not be asked"):
            source_at(wanted)
    with pytest.raises(PlumblineError, match="Did you mean"):
        source_at("b.csv")
    with pytest.raises(PlumblineError, match="cannot be looked up"):
        source_at("~nobody-of-that-name/a.csv")


def test_hidden_folders_and_uploads_of_others_are_closed_and_name_no_neighbour(monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path))
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "state"))  # in no hidden folder
    mine, other, hidden = folder_of(session()), folder_of("another"), tmp_path / ".hidden"
    for folder in (mine, other, hidden):
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text("x\n1\n")
    assert source_at(str(mine / "a.csv")).path == str(mine / "a.csv")
    for closed in (other, hidden, mine.parent, tmp_path / "state" / "cache"):
        for name in ("a.csv", "b.csv", "*.csv", ""):
            with pytest.raises(PlumblineError, match="outside the folders") as caught:
                source_at(str(closed / name))
            assert "Did you mean" not in str(caught.value)


def test_an_error_does_not_name_neighbours_outside(monkeypatch, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.csv").write_text("x\n")
    monkeypatch.setenv("PLUMBLINE_DATA", str(tmp_path / "in"))
    with pytest.raises(PlumblineError) as caught:
        source_at("../secrt.csv")
    assert "secret.csv" not in str(caught.value)


def drafted(two_files, roles):
    reference, production = two_files()
    first, _ = open_both(str(reference), str(production))
    given = {c.name: str(c.role) for c in first.columns} | roles
    sources = {"reference": Source(str(reference), "r"), "production": Source(str(production), "p")}
    kinds = {c.name: str(c.kind) for c in first.columns}
    return draft("mine", first, sources, kinds, given, ["region"], "week")


def test_a_drafted_monitor_reads_back_as_it_was_chosen(two_files):
    from engine.explore import open_monitor

    monitor = drafted(two_files, {"id": "feature", "score": "ignore"})
    again = parse_monitor(to_yaml(monitor))
    assert again == monitor and again.digest == monitor.digest
    roles = {column.name: str(column.role) for column in open_monitor(again).reference.columns}
    assert roles["id"] == "feature" and roles["score"] == "ignore" and roles["at"] == "timestamp"


@pytest.mark.parametrize(
    ("judged", "mapped"),
    [(("psi", "null_rate"), ["psi"]), (("null_rate", "psi"), ["null_rate"]), (("kolmogorov_smirnov", "psi"), [])],
)
def test_counts_are_taken_from_the_map_of_the_overview_where_that_is_quick(monkeypatch, judged, mapped):
    seen, counted = [], []
    monkeypatch.setattr(histories, "_glances", lambda _, key, *more: seen.append(key) or SimpleNamespace(calling=[]))
    monkeypatch.setattr(histories, "_called", lambda _, keys, *more: counted.extend(keys) or dict.fromkeys(keys))
    looked = SimpleNamespace(judged=judged, timeless=Slice(), against="", opened=None, entry=SimpleNamespace(key=""))
    assert set(histories.called_in(looked)) == set(judged)
    assert (seen, counted) == (mapped, [key for key in judged if key not in mapped])


def test_a_role_is_given_once(two_files):
    with pytest.raises(PlumblineError, match="Only one column can be the score"):
        drafted(two_files, {"amount": "score"})


def test_opening_can_be_stopped(monkeypatch):
    def slow(monitor, base, progress):
        while True:
            progress(0.5, "half")

    monkeypatch.setattr(door, "open_monitor", slow)
    entry = next(iter(entries.monitors({})[0].values()))
    work = door.opening("stopped", entry)
    work.stop.set()
    with pytest.raises(Cancelled):
        work.future.result(timeout=10)
    assert work.told["said"] == "half"


def test_a_stopped_opening_is_said_and_can_be_begun_again(app, monitors, monkeypatch, two_files):
    reference, production = two_files("amount", "region")
    text = f"monitor: stopped\nreference: {{path: {reference}}}\nproduction: {{path: {production}}}\n"
    (monitors / "m.yaml").write_text(text)

    def stopped(*_):
        raise Cancelled("Opening was stopped.")

    with monkeypatch.context() as patched:
        patched.setattr(door, "open_monitor", stopped)
        at = app()
        assert "Opening was stopped" in said_by(at)
    at.button(key="open_again").click().run()
    assert "All time, all rows" in said_by(at)
