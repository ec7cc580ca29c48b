"""The ledger: one chain, and whatever is done to it or to what it tells of is found out."""

import sqlite3
from dataclasses import replace

import pytest
import sqlalchemy

from engine.errors import PlumblineError, UnknownName, UnusableStore
from engine.record import Choice, Decision
from engine.store import append, decide, entries, head, save, verify
from engine.store.ledger import NOTHING, digest_of
from engine.store.packed import canonical, packed, unpacked


@pytest.fixture
def filled(file_store, monitor, runs):
    for run in runs[:3]:
        save(file_store, run, monitor)
    append(file_store, "alert", {"target": "ops"}, by="plumbline")
    append(file_store, "export", {"format": "pdf", "sha256": "a" * 64}, by="Jo")
    return file_store


def forge(store, *statements):
    """Changes the file behind the store's back, its triggers taken away first."""
    with sqlite3.connect(store.path) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for sql, values in statements:
            connection.execute(sql, values)
    connection.close()


def test_entries_follow_one_another(store):
    made = [append(store, "alert", {"n": n, "text": "größe\n\0"}, by="me") for n in range(5)]
    assert [one.seq for one in made] == [1, 2, 3, 4, 5] and entries(store) == tuple(made)
    assert [one.previous for one in made] == [NOTHING, *(one.hash for one in made[:-1])]
    assert all(digest_of(o.seq, o.at, o.kind, o.body, o.previous) == o.hash for o in made)
    assert (
        head(store) == made[-1] and entries(store, after=3) == tuple(made[3:]) and entries(store, most=1) == (made[-1],)
    )
    assert verify(store).ok and verify(store, known=made[1].hash[:12]).ok
    with pytest.raises(UnknownName, match="Did you mean 'alert'"):
        append(store, "alerts", {})


def test_an_empty_ledger_is_in_order(store):
    found = verify(store)
    assert found.ok and head(store) is None and found.words == "The ledger is empty."


def test_rows_cannot_be_changed(store, monitor, runs):
    save(store, runs[0], monitor)
    tables = ("plumbline_runs", "plumbline_findings", "plumbline_ledger")
    columns = zip(tables, ("severity", "severity", "kind"), strict=True)
    deeds = [f"DELETE FROM {table}" for table in tables]
    deeds += [f"UPDATE {table} SET {column} = 'ok'" for table, column in columns]
    deeds += [f"TRUNCATE {table} CASCADE" for table in tables] if store.path is None else []
    for deed in deeds:
        with pytest.raises(sqlalchemy.exc.DBAPIError, match="added, never changed"), store.engine.begin() as connection:
            connection.exec_driver_sql(deed)
    assert verify(store).ok


@pytest.mark.parametrize(
    ("statement", "what", "seq"),
    [
        ("UPDATE plumbline_ledger SET body = replace(body, 'ops', 'ups') WHERE seq = 5", "edited", 5),
        ("UPDATE plumbline_ledger SET at = '2001-01-01T00:00:00+00:00' WHERE seq = 1", "edited", 1),
        ("UPDATE plumbline_ledger SET kind = 'decision' WHERE seq = 5", "edited", 5),
        ("DELETE FROM plumbline_ledger WHERE seq = 1", "removed", 2),
        ("DELETE FROM plumbline_ledger WHERE seq = 5", "removed", 6),
        ("UPDATE plumbline_ledger SET seq = CASE seq WHEN 5 THEN -6 ELSE -5 END WHERE seq IN (5, 6)", "reordered", 5),
        ("UPDATE plumbline_runs SET severity = 'ok' WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET partial = 1 WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET at = '2001-01-01T00:00:00+00:00' WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET counts = replace(counts, ':', ':1') WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET rows = rows + 1 WHERE seq = 2", "run", 3),
        ("UPDATE plumbline_runs SET labelled = NULL WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET version = 'another' WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET open_findings = replace(open_findings, 'ical', '') WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_findings SET value = 0 WHERE run = 2 AND place = 7", "run", 3),
        ("DELETE FROM plumbline_findings WHERE run = 2 AND place = 7", "run", 3),
        ("DELETE FROM plumbline_runs WHERE seq = 3", "run", 4),
        ("UPDATE plumbline_runs SET document = summaries WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET summaries = document WHERE seq = 1", "run", 2),
        ("UPDATE plumbline_runs SET brief = x'00' WHERE seq = 1", "run", 2),
        ("INSERT INTO plumbline_decisions VALUES (1, 'x', 'm', 'r', 'accept', 'w', 'b', '[]', NULL)", "decision", None),
    ],
)  # fmt: skip
def test_what_is_forged_is_found(filled, statement, what, seq):
    assert verify(filled).ok
    more = [("UPDATE plumbline_ledger SET seq = -seq WHERE seq < 0", ())] if "CASE" in statement else []
    forge(filled, (statement, ()), *more)
    found = verify(filled)
    assert not found.ok and (found.flaws[0].what, found.bad) == (what, seq), found.flaws


JUNK = ("", "not JSON", "[]", "null", "{", '{"id": []}', "[" * 99_999)


@pytest.mark.parametrize("junk", JUNK, ids=range(len(JUNK)))
@pytest.mark.parametrize("seq", [1, 2, 7])  # a changed monitor, a run, a decision
def test_an_entry_that_says_nothing_any_more_is_a_flaw_and_no_accident(filled, runs, seq, junk):
    decide(filled, Decision("", runs[0].id, Choice.ACCEPT, "known", "Jo"))
    forge(filled, ("UPDATE plumbline_ledger SET body = ? WHERE seq = ?", (junk, seq)))
    found = verify(filled)
    assert (found.flaws[0].what, found.bad) == ("edited", seq), found.flaws
    if not junk.startswith('{"'):
        with pytest.raises(UnusableStore, match=f"Entry {seq} of the ledger is damaged"):
            entries(filled)


def test_findings_of_a_decision_that_are_no_list_are_a_flaw(filled, runs):
    decide(filled, Decision("", runs[0].id, Choice.ACCEPT, "known", "Jo"))
    assert verify(filled).ok
    forge(filled, ("UPDATE plumbline_decisions SET findings = 'none'", ()))
    assert [one.sentence.endswith("its decision is kept otherwise.") for one in verify(filled).flaws] == [True]


def test_what_is_recorded_while_it_is_checked_is_no_flaw(store, monitor, runs):
    """Checking is of one moment, on a server too: what is decided meanwhile stands in no entry that was read."""
    for run in runs[:2]:
        save(store, run, monitor)
    made = []

    def meanwhile(share, said):
        if not made:
            made.append(decide(store, Decision("", runs[0].id, Choice.ACCEPT, "known", "Jo")))

    found = verify(store, progress=meanwhile)
    assert made and found.ok and found.entries == 3, found.flaws
    assert verify(store).entries == 4


def test_an_entry_rebuilt_alone_breaks_the_next(filled):
    old = entries(filled)[3]
    body = {**old.body, "severity": "ok"}
    forged = digest_of(old.seq, old.at, old.kind, body, old.previous)
    forge(filled, ("UPDATE plumbline_ledger SET body = ?, hash = ? WHERE seq = ?", (canonical(body), forged, old.seq)))
    assert verify(filled).bad == old.seq


def test_a_document_edited_with_its_own_hash_is_found(filled):
    with sqlite3.connect(filled.path) as connection:
        (data,) = connection.execute("SELECT document FROM plumbline_runs WHERE seq = 1").fetchone()
    connection.close()
    text = unpacked(data, "").replace('"severity":"ok"', '"severity":"critical"')
    assert text != unpacked(data, "")
    forge(filled, ("UPDATE plumbline_runs SET document = ? WHERE seq = 1", (packed(text),)))
    assert "document was edited" in verify(filled).flaws[0].sentence


def test_a_chain_that_lost_its_end_or_was_rebuilt_fails_against_a_kept_head(filled):
    kept = head(filled).hash
    forge(filled, ("DELETE FROM plumbline_ledger WHERE seq >= 5", ()))
    assert verify(filled).ok, "nothing in the file itself can tell"
    found = verify(filled, known=kept)
    assert [one.what for one in found.flaws] == ["cut off"] and found.bad == 4
    append(filled, "alert", {"target": "ops"})
    append(filled, "export", {"format": "pdf", "sha256": "b" * 64})
    assert not verify(filled, known=kept).ok


@pytest.mark.parametrize("known", ["", "abc", "g" * 64, "%" * 12])
def test_a_head_that_is_no_hash_is_refused(store, known):
    with pytest.raises(PlumblineError, match="is no hash"):
        verify(store, known)


def test_a_clock_that_goes_backwards_breaks_nothing(store, monitor, runs):
    save(store, replace(runs[0], at="2099-01-01T00:00:00+00:00"), monitor)
    save(store, replace(runs[1], at="1970-01-01T00:00:00+00:00"), monitor)
    save(store, replace(runs[0], at="1960-01-01T00:00:00+00:00"), monitor, again=True)
    assert verify(store).ok and [one.seq for one in entries(store)] == [1, 2, 3, 4]
