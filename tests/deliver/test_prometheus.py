"""Metrics: a file that Prometheus reads, whole at any moment, shared by monitors and processes."""

import re
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing import get_context

import pytest

from engine.deliver.hook import write_files
from engine.deliver.news import outlook
from engine.deliver.prometheus import GAUGES, escaped, exposition, samples, write_metrics
from engine.errors import PlumblineError
from engine.record import Choice, Decision
from engine.store import decide, records, save
from tests.conftest import ROOT
from tests.deliver.conftest import EVIL, watched

NAME, VALUE = r"[a-zA-Z_:][a-zA-Z0-9_:]*", r"[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf|NaN)"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="((?:[^"\\\n]|\\["\\n])*)"'
SAMPLE = re.compile(rf"({NAME})\{{({LABEL}(?:,{LABEL})*)\}} ({VALUE})")


def read(text):
    """The samples of a text by name and labels, as the format's grammar has them; fails on anything else."""
    found, typed = {}, set()
    assert text.endswith("\n")
    for line in text.split("\n")[:-1]:
        if line.startswith("#"):
            assert re.fullmatch(rf"# (HELP {NAME} .+|TYPE {NAME} gauge)", line)
            if line.startswith("# TYPE"):
                name = line.split(" ")[2]
                assert name not in typed, "a metric stands in one group"
                typed.add(name)
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample, line
        labels = tuple(sorted((one[0], one[1]) for one in re.findall(r'(\w+)="((?:[^"\\\n]|\\["\\n])*)"', sample[2])))
        assert (sample[1], labels) not in found and sample[1] in typed
        found[sample[1], labels] = float(sample[len(sample.groups())])
    return found


def seen(store, monitor):
    return outlook(records(store, monitor.monitor), monitor)


def test_the_gauges_say_what_the_run_says(store, keep, tmp_path):
    monitor = watched(f'to: prometheus, path: "{tmp_path}/sub/m.prom"')
    keep(monitor, 0, 3)
    files, problems = write_files(store, monitor)
    assert not problems and [one.name for one in files] == ["m.prom"]
    found = read(files[0].read_text(encoding="utf-8"))
    last, m = records(store, "m")[-1], ("monitor", "m")
    of = ("against", "reference"), m
    assert {name for name, _ in found} == set(GAUGES)
    assert found["plumbline_severity", of] == 4
    assert found["plumbline_rows", of] == 800
    assert found["plumbline_open_findings", (*of, ("severity", "critical"))] == 1
    for severity, n in last.counts.items():
        if severity != "not_computed":
            assert found["plumbline_findings", (*of, ("severity", severity))] == n
    assert found["plumbline_last_run_timestamp_seconds", of] == datetime(2026, 4, 20, 2, tzinfo=UTC).timestamp()
    verdicts = {labels[0][1]: v for (name, labels), v in found.items() if name == "plumbline_verdict"}
    assert sum(verdicts.values()) == 1 and len(verdicts) == 6


def test_what_is_muted_is_open_no_more(store, keep):
    monitor = watched()
    keep(monitor, 0, 3)
    run = records(store, "m")[-1]
    made = decide(store, Decision("m", run.id, Choice.MUTE, "known", "Ada", ("x.psi",), until=date(2099, 1, 1)))
    rows = {(name, *labels.values()): v for name, labels, v in samples(outlook(records(store, "m"), monitor, [made]))}
    assert rows["plumbline_open_findings", "m", "reference", "critical"] == 0
    assert rows["plumbline_severity", "m", "reference"] == 0


def test_every_baseline_has_gauges_of_its_own(store, keep, weeks):
    monitor = watched(more="against: [reference, previous window]\n")
    keep(monitor, 3)
    run = replace(weeks[0], at="2026-04-21T00:00:00+00:00", cut=weeks[3].cut, monitor="m")  # calm against last week
    save(store, run, monitor, against="previous window")
    found = read(exposition(samples(seen(store, monitor))))
    open_now = {dict(labels)["against"]: v for (name, labels), v in found.items()
                if name == "plumbline_open_findings" and dict(labels)["severity"] == "critical"}  # fmt: skip
    assert open_now == {"reference": 1, "previous window": 0}
    assert sum(name == "plumbline_verdict" for name, _ in found) == 6, "what is to be done is one thing for all"
    assert [dict(labels).get("against") for name, labels in found if name == "plumbline_monitor_info"] == [None]


@pytest.mark.parametrize("name", [EVIL, 'a"b', "a\\", "a\nb", "\u2028{}", "größe", "x" * 3000])
def test_labels_hold_any_name(store, keep, name, tmp_path):
    monitor = watched()
    keep(monitor, 0)
    made = seen(store, monitor)
    odd = replace(made, monitor=made.monitor.model_copy(update={"monitor": name, "owner": name}))
    read(exposition(samples(odd)))
    file = tmp_path / "m.prom"
    for _ in range(2):
        write_metrics(odd, file)
        write_metrics(made, file)
    found = read(file.read_text(encoding="utf-8"))
    assert {dict(labels)["monitor"] for _, labels in found} == {"m", escaped(name)}


def test_a_file_that_is_not_ours_is_left(store, keep, tmp_path):
    monitor = watched()
    keep(monitor, 0)
    for i, text in enumerate(("hello\n", "node_load1 3\n", "# HELP other x\n", 'plumbline_x{job="a"} 1\n')):
        file = tmp_path / f"{i}.prom"
        file.write_text(text)
        with pytest.raises(PlumblineError, match="holds something else"):
            write_metrics(seen(store, monitor), file)
        assert file.read_text() == text
    (tmp_path / "folder.prom").mkdir()
    with pytest.raises(PlumblineError, match="no file of metrics"):
        write_metrics(seen(store, monitor), tmp_path / "folder.prom")
    with pytest.raises(PlumblineError, match="cannot be written"):
        write_metrics(seen(store, monitor), tmp_path / "0.prom" / "m.prom")
    assert sorted(one.name for one in tmp_path.glob("*.part")) == []


def test_who_reads_meanwhile_sees_whole_files(store, keep, tmp_path):
    monitor = watched()
    keep(monitor, 0)
    made, file = seen(store, monitor), tmp_path / "m.prom"
    write_metrics(made, file)
    whole, wrong, stop = file.read_text(), [], threading.Event()

    def look():
        while not stop.is_set():
            if file.read_text() != whole:
                wrong.append(1)

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(60):
        write_metrics(made, file)
    stop.set()
    reader.join()
    assert not wrong


def _write(made, name, file):
    named = replace(made, monitor=made.monitor.model_copy(update={"monitor": name}))
    for _ in range(10):
        write_metrics(named, file)


def test_processes_that_share_a_file_lose_nothing(store, keep, tmp_path):
    monitor = watched()
    keep(monitor, 0)
    made, file = seen(store, monitor), tmp_path / "m.prom"
    others = [
        get_context("fork").Process(target=_write, args=(made, f"m{i}", file)) for i in range(4)
    ]  # fmt: skip
    for one in others:
        one.start()
    for one in others:
        one.join()
    found = read(file.read_text(encoding="utf-8"))
    assert {dict(labels)["monitor"] for _, labels in found} == {"m0", "m1", "m2", "m3"}


def test_the_verb_writes_it_too(store, keep, tmp_path):
    (tmp_path / "m.yaml").write_text(
        "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"
        f"deliver:\n  - {{to: prometheus, path: '{tmp_path}/m.prom'}}\n"
    )
    keep(watched(), 0)
    done = subprocess.run(
        [sys.executable, "-m", "engine", "deliver", str(tmp_path / "m.yaml"), "--store", f"sqlite:///{store.path}"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"● {tmp_path}/m.prom is written.\n"
    assert read((tmp_path / "m.prom").read_text())
