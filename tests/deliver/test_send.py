"""From the outbox to real hosts: at least once, each target by itself, no secret anywhere, kills included."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from engine.deliver.event import Event, Kind
from engine.deliver.hook import after_run
from engine.deliver.memory import Memory, body_of
from engine.deliver.queue import queue_news, queue_test
from engine.deliver.retry import FIRST, LONGEST, TRIES, pause
from engine.deliver.send import send_due
from engine.deliver.signature import is_signed
from engine.deliver.targets import targets_of
from engine.store import deliveries, entries, open_store, queue_delivery
from engine.store.outbox import claimed
from tests.conftest import ROOT
from tests.deliver.conftest import text_of, watched

SECRET = "T0secretToken1"


def drain(store, monitor, **how):
    return send_due(store, targets_of(monitor), **{"quick": (), **how})


def rewind(store):
    """As if every pause were over."""
    with sqlite3.connect(store.path) as file:
        file.execute("UPDATE plumbline_deliveries SET next_at = '2020-01-01T00:00:00+00:00'")


@pytest.fixture
def alarm(store, keep, day):
    """Queues an alarm for a monitor with these targets."""

    def begin(*targets):
        monitor = watched(*targets)
        keep(monitor, 0, 3)
        queue_news(store, monitor, day(0))
        return monitor

    return begin


def hook(host, **more):
    said = {"to": "webhook", "url": f'"{host.url}"', "when": "warning", "digest": "none", **more}
    return ", ".join(f"{name}: {value}" for name, value in said.items())


def test_an_alarm_arrives_signed_and_stands_in_the_ledger(store, host, alarm, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_SIGNING", "sesame-sesame")
    one = host(200)
    monitor = alarm(hook(one, secret='"${PLUMBLINE_SIGNING}"'))
    (outcome,) = drain(store, monitor)
    assert (outcome.state, outcome.kind, outcome.said) == ("sent", "alert", "HTTP 200")
    (got,) = one.got
    event = json.loads(got["body"])
    assert event["findings"][0]["name"] == "x.psi" and event["monitor"] == "m" and event["run"]
    assert got["headers"]["Idempotency-Key"] == got["headers"]["Plumbline-Event"] == event["event_id"]
    signed = got["headers"]["Plumbline-Signature"]
    assert is_signed(got["body"], signed, "sesame-sesame", time.time())
    assert not is_signed(got["body"] + b" ", signed, "sesame-sesame", time.time())
    assert not is_signed(got["body"], signed, "sesame-other", time.time())
    assert not is_signed(got["body"], signed, "sesame-sesame", time.time() + 600), "an old one is a replay"
    (entry,) = entries(store, "alert")
    assert entry.body["event_id"] == event["event_id"] and entry.body["target"] == "webhook"
    assert drain(store, monitor) == () and len(one.got) == 1


def test_every_kind_of_target_is_reached(store, host, post_office, alarm, monkeypatch):
    chat, teams, pager, office = host(200), host(202), host(202), post_office()
    monkeypatch.setenv("SLACK", chat.url)
    monkeypatch.setenv("TEAMS", teams.url)
    monkeypatch.setenv("PAGER", "0123456789abcdef0123456789abcdef")
    monkeypatch.setenv("PLUMBLINE_SMTP", f"smtp://127.0.0.1:{office.port}")
    monitor = alarm(
        'to: slack, url: "${SLACK}"', 'to: teams, url: "${TEAMS}"',
        f'to: pagerduty, key: "${{PAGER}}", url: "{pager.url}"',
        "to: email, sender: plumbline@example.com, recipients: [ops@example.com, ml@example.com]",
    )  # fmt: skip
    assert {one.state for one in drain(store, monitor)} == {"sent"}
    assert chat.documents[0]["blocks"] and teams.documents[0]["attachments"]
    assert pager.documents[0]["event_action"] == "trigger"
    assert office.letters[0]["to"] == ["ops@example.com", "ml@example.com"]
    assert "x.psi" in office.letters[0]["message"]["Subject"]


def test_who_is_down_or_slow_holds_up_nobody(store, host, alarm):
    good, slow, down = host(200), host("slow"), host("silent")
    monitor = alarm(hook(slow, name="slow"), hook(down, name="down"), hook(good, name="good"))
    began = time.monotonic()
    found = {one.target: one for one in drain(store, monitor, seconds=2)}
    assert time.monotonic() - began < 4
    assert (found["good of m"].state, found["down of m"].state) == ("sent", "waiting")
    assert found["slow of m"].state == "waiting" and good.got[0]["at"] - time.time() < 0
    waits = [one for one in deliveries(store) if one.state == "waiting"]
    assert {one.target for one in waits} == {"slow of m", "down of m"} and all(one.tries == 1 for one in waits)


def test_a_failure_that_is_over_soon_is_not_noticed(store, host, alarm):
    one = host(500, "silent", 200)
    (outcome,) = drain(store, alarm(hook(one)), quick=(0.01, 0.02))
    assert outcome.state == "sent" and len(one.got) == 3
    ids = {got["headers"]["Idempotency-Key"] for got in one.got}
    assert len(ids) == 1, "every try carries the same key"


def test_a_host_that_asks_for_patience_gets_it(store, host, alarm):
    one = host((429, {"Retry-After": "600"}), 200)
    monitor = alarm(hook(one))
    (outcome,) = drain(store, monitor, quick=(0.01, 0.02))
    assert outcome.state == "waiting" and len(one.got) == 1, "not tried again before"
    rest = datetime.fromisoformat(outcome.next_at) - datetime.now(UTC)
    assert timedelta(seconds=595) < rest < timedelta(seconds=605)
    assert drain(store, monitor) == () and len(one.got) == 1
    rewind(store)
    assert drain(store, monitor)[0].state == "sent"


def test_a_refusal_is_final_and_told(store, host, alarm):
    one = host(404)
    monitor = alarm(hook(one))
    (outcome,) = drain(store, monitor, quick=(0.01,))
    assert (outcome.state, outcome.said, len(one.got)) == ("given up", "HTTP 404", 1)
    assert entries(store, "alert") == () and drain(store, monitor) == ()


def test_a_flapping_host_gets_every_message_in_order(store, host, keep, day):
    one = host(503, 200, "silent", 500, 200, 503, 200)
    monitor = watched(hook(one))
    for i, number in enumerate((0, 2, 3, 4)):
        keep(monitor, number)
        queue_news(store, monitor, day(i))
    for _ in range(8):
        rewind(store)
        drain(store, monitor)
    fine = [got for got, said in zip(one.got, one.says + [200] * 9, strict=False) if said == 200]
    assert [json.loads(got["body"])["kind"] for got in fine] == ["alert", "alert", "recovered"]
    assert {one.state for one in deliveries(store) if json.loads(one.body)["event"]} == {"sent"}


def test_what_follows_a_message_that_waits_does_too(store, host, keep, day):
    one = host((503, {"Retry-After": "600"}), 200)
    monitor = watched(hook(one))
    for i, number in enumerate((3, 4)):
        keep(monitor, number)
        queue_news(store, monitor, day(i))
        drain(store, monitor)
    assert len(one.got) == 1, "nobody hears that it is over before they hear of it"
    rewind(store)
    drain(store, monitor)
    assert [event["kind"] for event in one.documents[1:]] == ["alert", "recovered"]


def test_what_follows_a_message_that_another_sender_has_waits_too(store, host, keep, day):
    one = host(200)
    monitor = watched(hook(one))
    for i, number in enumerate((3, 4)):
        keep(monitor, number)
        queue_news(store, monitor, day(i))
    assert claimed(store, deliveries(store)[0], "2999-01-01T00:00:00+00:00")
    assert drain(store, monitor) == () and one.got == []


def test_what_came_and_went_leaves_no_incident_open(store, host, keep, day, monkeypatch):
    pager = host(202)
    monkeypatch.setenv("PAGER", "0123456789abcdef0123456789abcdef")
    monitor = watched(f'to: pagerduty, key: "${{PAGER}}", url: "{pager.url}", when: warning')
    for i, numbers in enumerate(((0, 3), (6, 7))):  # x drifts; then it is gone for a week, and all is well
        keep(monitor, *numbers)
        queue_news(store, monitor, day(i))
        drain(store, monitor)
    assert [one["event_action"] for one in pager.documents] == ["trigger", "resolve"]


def test_pauses_grow_are_spread_and_end():
    longest = [pause(tries, chance=1) for tries in range(1, TRIES)]
    assert longest == sorted(longest) and longest[0] == FIRST and longest[-1] == LONGEST
    drawn = {pause(5) for _ in range(50)}
    assert len(drawn) > 40 and all(0.5 * longest[4] <= one <= longest[4] for one in drawn)
    assert 1.5 * 86400 < sum(0.75 * one for one in longest) < 3 * 86400
    assert pause(TRIES) is None and pause(1, after=9999.0) == 9999.0


def test_after_too_many_tries_a_message_is_given_up(store, host, alarm):
    one = host(500)
    monitor = alarm(hook(one))
    for _ in range(TRIES):
        rewind(store)
        found = drain(store, monitor)
    assert found[0].state == "given up" and len(one.got) == TRIES


def test_only_targets_that_the_file_names_are_called(store, host, alarm):
    one, other = host(200), host(200)
    alarm(hook(one))
    changed = watched(hook(other, name="renamed"))
    assert drain(store, changed) == () and one.got == other.got == []


def test_two_senders_at_once_send_once(store, host, alarm):
    one = host(200)
    monitor = alarm(hook(one))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: drain(store, monitor), range(6)))
    assert len(one.got) == 1 and len(entries(store, "alert")) == 1


def test_a_claim_is_one_sender_s_until_it_is_over(store):
    queue_delivery(store, "e", "t", "{}", at="2020-01-01T00:00:00+00:00")
    (row,) = deliveries(store)
    assert claimed(store, row, "2020-01-02T00:00:00+00:00") and not claimed(store, row, "2020-01-03T00:00:00+00:00")


# ---- secrets


def test_no_secret_is_stored_told_or_logged(store, host, alarm, monkeypatch, capfd, caplog, tmp_path):
    rude = [host(said) for said in (404, 500, 301, "silent", "noise", 200)]
    for i, one in enumerate(rude):
        monkeypatch.setenv(f"HOOK{i}", one.url)
    monkeypatch.setenv("DOWN", f"http://127.0.0.1:9/{SECRET}")
    monkeypatch.setenv("ODD", f"http://a b/{SECRET}")
    monkeypatch.setenv("PAGER", f"0123456789abcdef{SECRET}")
    monkeypatch.setenv("SIGNING", f"sign-{SECRET}")
    monkeypatch.setenv("MAIL", f"smtp://ada:{SECRET}@127.0.0.1:9")
    targets = [f'to: webhook, name: h{i}, url: "${{HOOK{i}}}", secret: "${{SIGNING}}"' for i in range(len(rude))]
    monitor = alarm(
        *targets, 'to: webhook, name: down, url: "${DOWN}"', 'to: slack, url: "${ODD}"',
        'to: pagerduty, key: "${PAGER}", url: "http://127.0.0.1:9/"',
        'to: email, server: "${MAIL}", sender: a@b.c, recipients: [d@e.f]',
        'to: webhook, name: unset, url: "${NOT_SET}"',
    )  # fmt: skip
    found = drain(store, monitor)
    assert {one.target: one.said for one in found}["unset of m"] == "The environment has no variable NOT_SET."
    assert len(found) == 11
    everything = repr(found) + repr(deliveries(store)) + repr(entries(store)) + repr(monitor) + str(monitor.digest)
    everything += capfd.readouterr().out + caplog.text
    assert SECRET not in everything
    for file in tmp_path.glob("store.db*"):
        assert SECRET.encode() not in file.read_bytes()


def test_a_missing_secret_waits_for_its_variable(store, host, alarm, monkeypatch):
    one = host(200)
    monitor = alarm('to: webhook, url: "${LATE_HOOK}", when: warning')
    assert drain(store, monitor)[0].state == "waiting"
    monkeypatch.setenv("LATE_HOOK", one.url)
    rewind(store)
    assert drain(store, monitor)[0].state == "sent"


# ---- tests and the hook


@pytest.mark.parametrize("address", ["ops@", "<ops@example.com>", "ops@[1"])
def test_what_is_no_address_is_given_up_and_holds_up_nobody(store, host, alarm, monkeypatch, address):
    one = host(200)
    monkeypatch.setenv("OPS", address)
    mail = 'to: email, sender: a@example.com, server: "smtp://127.0.0.1:9", recipients: ["${OPS}"]'
    found = {row.target: row for row in drain(store, alarm(mail, hook(one)))}
    assert (found["email of m"].state, found["email of m"].said) == ("given up", "its address cannot be used")
    assert found["webhook of m"].state == "sent" and len(one.got) == 1


def test_a_test_reaches_everybody_and_changes_nothing(store, host, keep, day):
    one = host(200)
    monitor = watched(hook(one))
    queue_test(store, monitor)
    (outcome,) = drain(store, monitor)
    assert outcome.kind == "test" and one.documents[0]["kind"] == "test"
    keep(monitor, 0, 3)
    queue_news(store, monitor, day(0))
    drain(store, monitor)
    assert one.documents[1]["findings"][0]["state"] == "new", "a test is no news"
    queue_test(store, monitor)
    drain(store, monitor)
    keep(monitor, 4)
    queue_news(store, monitor, day(1))
    drain(store, monitor)
    assert [event["kind"] for event in one.documents] == ["test", "alert", "test", "recovered"]


def test_the_hook_never_raises_for_a_target_and_is_bounded(store, host, keep, tmp_path):
    slow = host("slow")
    (tmp_path / "taken.prom").write_text("mine\n")
    monitor = watched(
        hook(slow), f'to: prometheus, path: "{tmp_path}/taken.prom"', f'to: prometheus, path: "{tmp_path}/m.prom"'
    )
    keep(monitor, 0, 3)
    began = time.monotonic()
    told = after_run(store, [monitor], seconds=1.5)
    assert time.monotonic() - began < 4
    assert not told.fine and told.waits == 1 and [one.name for one in told.files] == ["m.prom"]
    assert len(told.problems) == 1 and "holds something else" in told.problems[0]
    assert len(told.said) == 2 and re.fullmatch(r"webhook of m: no answer within 1\.[0-5] s, waiting\.", told.said[1])


# ---- kills

SENDER = """
import sys
from engine.deliver.send import send_due
from engine.deliver.targets import targets_of
from engine.monitor.read import parse_monitor
from engine.store import open_store
monitor = parse_monitor(sys.argv[2])
store = open_store(sys.argv[1])
print("ready", flush=True)
while True:
    send_due(store, targets_of(monitor), claim=1.0, quick=())
"""


@pytest.mark.slow
def test_after_kills_everything_arrives_and_duplicates_carry_one_key(store, host, tmp_path):
    def answer(to):
        time.sleep(0.03)
        to.send_response(200)
        to.send_header("Content-Length", "0")
        to.end_headers()

    one = host(answer)
    text = text_of(f"  - {{{hook(one)}}}")
    wanted = [f"{i:032x}" for i in range(20)]
    for event_id in wanted:
        event = Event(event_id, Kind.ALERT, "2026-04-21T12:00:00+00:00", "m", "net", "v7", "", "1" * 32, "critical",
                      "new: x.psi", "m", "", "")  # fmt: skip
        queue_delivery(store, event_id, "webhook of m", body_of(event, Memory()))
    draw, kills = random.Random(3), 0
    until = time.monotonic() + 300  # a bound for a machine that is busy; it takes a few seconds
    while any(row.state != "sent" for row in deliveries(store)) and time.monotonic() < until:
        process = subprocess.Popen(
            [sys.executable, "-c", SENDER, f"sqlite:///{store.path}", text],
            cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert process.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0.1, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        kills += 1
    arrived = [got["headers"]["Idempotency-Key"] for got in one.got]
    assert set(arrived) == set(wanted) and kills >= 2
    assert len(arrived) <= len(wanted) + kills, "at most one is sent again per kill"
    noted = [entry.body["event_id"] for entry in entries(open_store(f"sqlite:///{store.path}"), "alert")]
    assert set(noted) == set(wanted)


def test_a_message_that_failed_is_noted_with_its_reason(store, host, alarm):
    drain(store, alarm(hook(host(500))))
    row = next(row for row in deliveries(store) if row.state == "waiting")
    assert (row.last_error, row.tries) == ("HTTP 500", 1)
