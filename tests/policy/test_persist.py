"""Persistence and timelines: what counts, what neither confirms nor clears, and which run of a window is the one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.findings import Severity
from engine.policy import timeline, tracks
from engine.policy.persist import CRITICAL, FINE, UNKNOWN, WARNING, counted
from tests.recorded import history

LETTER = {"o": FINE, "w": WARNING, "c": CRITICAL, "?": UNKNOWN}


def said(text: str, k: int, w: int) -> str:
    back = {level: letter for letter, level in LETTER.items()}
    return "".join(back[one] for one in counted([LETTER[one] for one in text], k, w))


@pytest.mark.parametrize(
    ("reads", "k", "w", "counts"),
    [
        ("wocow", 1, 1, "wocow"),
        ("wwwww", 2, 3, "owwww"),
        ("ccccc", 3, 3, "ooccc"),
        ("wowow", 2, 3, "oowow"),  # two of three, not in a row
        ("woowo", 2, 3, "ooooo"),
        ("wcccc", 2, 3, "owccc"),  # critical only once it was critical twice
        ("ccwcc", 2, 3, "ocwcc"),  # eased for a window
        ("wwoww", 2, 3, "owoww"),  # fine again is over at once
        ("w?w?w", 2, 3, "o?w?w"),  # what cannot be judged neither confirms nor clears
        ("ww???o", 2, 3, "ow???o"),
        ("???", 2, 3, "???"),
        ("", 2, 3, ""),
    ],
)
def test_what_counts(reads, k, w, counts):
    assert said(reads, k, w) == counts


@given(st.lists(st.sampled_from(list(LETTER.values())), max_size=20), st.integers(1, 4), st.integers(0, 3))
def test_counts_never_exceed_readings_and_fall_with_k(levels, k, more):
    w = k + more
    found = counted(levels, k, w)
    assert all(
        (one == UNKNOWN) == (level == UNKNOWN) and one <= level for one, level in zip(found, levels, strict=True)
    )
    stricter = counted(levels, k + 1, w + 1)
    assert counted(levels, 1, 1) == tuple(levels)
    if more == 0:  # all of k: one more window asks for more
        assert all(b <= a for a, b in zip(found, stricter, strict=True))


def test_quality_and_schema_count_at_once_also_in_partial_windows():
    found = tracks(
        history({"x.psi": "oc", "x.null_rate": "oc", "x.missing_column": " c", "log_loss": "oc"}, partial=" p"), (2, 3)
    )
    assert found["x.null_rate"].severity() is Severity.CRITICAL
    assert found["x.missing_column"].counts == (FINE, CRITICAL), "no finding of the schema is a good one"
    assert found["x.psi"].counts == (FINE, UNKNOWN) and found["log_loss"].counts == (FINE, UNKNOWN)


def test_what_is_not_computed_is_not_fine():
    assert tracks(history({"x.psi": "c-c"}))["x.psi"].counts == (CRITICAL, UNKNOWN, CRITICAL)


def test_an_alarm_began_where_it_last_was_not():
    track = tracks(history({"x.psi": "cocc?c"}))["x.psi"]
    assert (track.began(), track.began(1), track.began(0)) == (2, None, 0)


def test_a_finding_that_waits_tells_how_long():
    track = tracks(history({"x.psi": "oow"}), (2, 3))["x.psi"]
    assert track.waits() == 1 and track.severity() is Severity.OK
    assert tracks(history({"x.psi": "oww"}), (2, 3))["x.psi"].waits() == 0


def test_of_several_runs_of_a_window_the_last_one_counts():
    records = history({"x.psi": "oc"})
    restated = replace(records[0], id="again", at="2025-01-01T00:00:00", trigger="restated", revises="r0")
    assert [one.id for one in timeline([restated, *records])] == ["again", "r1"]
    assert [one.id for one in timeline([*reversed(records)])] == ["r0", "r1"]


def test_other_cohorts_baselines_and_spans_are_no_part_of_a_timeline():
    records = history({"x.psi": "oc"})
    others = [
        replace(records[0], id="all time", window=None),
        replace(records[0], id="cohort", cohort="origin=LGA"),
        replace(records[0], id="previous", against="previous window"),
        replace(records[0], id="span", window=replace(records[0].window, end=records[1].window.end)),
    ]
    assert [one.id for one in timeline([*others, *records], "week")] == ["r0", "r1"]
    assert [one.id for one in timeline([*others, *records], against="previous window")] == ["previous"]
    assert [one.id for one in timeline([*others, *records], against="same cohort", cohort="origin=LGA")] == ["cohort"]
    assert timeline(records, "day") == ()
