"""The example of the docs, served by uvicorn: what it collects, and what is said when it is killed."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from engine import compare
from engine.collect import lost, open_collector
from engine.columns import Role
from engine.tables.sources import open_dataset
from tests.collect.conftest import rows


def asked(number):
    return {"distance": float(number), "carrier": "UA", "passenger": f"Alice {number}"}


def test_every_request_is_there_after_a_clean_stop(serve, folder):
    server = serve(folder)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(server.ask, map(asked, range(400))))
    assert {status for status, _ in found} == {200}
    server.ask({"distance": "far"})  # no number: 422
    server.ask({"distance": 1, "carrier": "BROKEN"})  # 500
    assert server.ask(b"{}", path="/other")[0] == 404
    said = server.end(signal.SIGTERM)
    kept = rows(folder)
    assert len(kept) == 402, said
    # "far" made texts of its file's distances
    assert sorted(float(row["distance"]) for row in kept if row["status_code"] == 200) == [*map(float, range(400))]
    assert sorted(row["status_code"] for row in kept)[-2:] == [422, 500]
    assert all(0 < row["latency_ms"] < 5000 and row["model_version"] == "2013-03" for row in kept)
    assert len({row["request_id"] for row in kept}) == 402
    assert all((row["late_probability"] is not None) == (row["status_code"] == 200) for row in kept)
    assert list(folder.glob("*.journal")) == [] and lost(folder) == ()


def test_what_is_redacted_is_in_no_byte_of_any_file(serve, folder):
    server = serve(folder)
    server.ask(asked(1))
    said = server.end(signal.SIGTERM)
    assert "passenger" not in rows(folder)[0]
    assert all(b"Alice" not in path.read_bytes() for path in folder.iterdir()) and "Alice" not in said


def test_what_a_kill_cost_is_told_by_the_next_start(serve, folder):
    server = serve(folder, SECONDS="3600")
    for number in range(57):
        server.ask(asked(number))
    time.sleep(0.5)
    server.end(signal.SIGKILL)
    second = serve(folder)
    said = second.end(signal.SIGTERM)
    assert "57 rows handed over but not written" in said
    assert [one.rows for one in lost(folder)] == [57]
    assert open_collector(folder).lost == ()  # told once


def test_a_kill_between_files_costs_what_was_in_none(serve, folder):
    server = serve(folder, SECONDS="0.2")
    for number in range(30):
        server.ask(asked(number))
    time.sleep(1)
    server.end(signal.SIGKILL)
    assert len(rows(folder)) == 30
    assert open_collector(folder).lost == ()


def test_several_workers_share_a_folder(serve, folder):
    server = serve(folder, workers=2)
    with ThreadPoolExecutor(8) as pool:
        while len([*folder.glob("*.journal")]) < 2:
            list(pool.map(server.ask, map(asked, range(50))))
    server.end(signal.SIGTERM)
    assert len({path.name.split("-", 1)[1].rsplit("-", 1)[0] for path in folder.glob("*.parquet")}) == 2
    kept = rows(folder)
    assert len(kept) % 50 == 0 and len({row["request_id"] for row in kept}) == len(kept)


def test_a_monitor_reads_what_was_collected(serve, folder, tmp_path):
    folders = [tmp_path / "then", tmp_path / "now"]
    for one, shift in zip(folders, (0, 2000), strict=True):
        server = serve(one)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: server.ask(asked(shift + n * 7 % 1000)), range(300)))  # noqa: B023
        server.end(signal.SIGTERM)
    sides = [open_dataset(one) for one in folders]
    by_role = {role: sides[0].with_role(role).name for role in (Role.LATENCY, Role.ERROR, Role.TIMESTAMP, Role.ID)}
    assert by_role == {"latency": "latency_ms", "error": "status_code", "timestamp": "served_at", "id": "request_id"}
    run = compare(*sides)
    found = {(one.column, one.metric): str(one.severity) for one in run.findings}
    assert found["distance", "psi"] == "critical" and found["carrier", "psi"] == "ok"
    assert found["late_probability", "psi"] == "critical"
