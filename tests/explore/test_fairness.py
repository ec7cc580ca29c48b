"""Performance by cohort and gaps on the demo, held against a plain computation from its rows."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from engine.errors import UnusableData
from engine.explore import floors_of, look
from engine.explore.fairness import Fairness, fairness, filter_of, name_of, performance_by, within
from engine.explore.look import outcome_floors_of
from engine.explore.predicted import ROWS, chosen
from engine.fairness import LEAST
from engine.findings import Finding
from engine.slices import Filter, Slice, parse_window

WEEK = parse_window("2013-04-22..2013-04-29")
LGA = Filter("origin", "eq", ("LGA",))


@pytest.fixture(scope="module")
def rows(demo_folder):
    names = ["scheduled_departure", "origin", "carrier", "late", "predicted_late", "late_probability"]
    return {side: pq.read_table(demo_folder / f"{side}.parquet", columns=names).to_pandas()
            for side in ("reference", "production")}  # fmt: skip


def rates(table, by):
    """Recall, false-positive rate and selection rate of each cohort that has rows enough, by counting."""
    found = {"recall_gap": {}, "false_positive_rate_gap": {}, "selection_rate_gap": {}}
    for name, part in table.groupby(by):
        said = part["predicted_late"].to_numpy(dtype=bool)
        came = part["late"].to_numpy(dtype=object)
        yes, no = came == True, came == False  # noqa: E712
        for key, mask in (
            ("recall_gap", yes),
            ("false_positive_rate_gap", no),
            ("selection_rate_gap", np.ones(len(part), bool)),
        ):
            if mask.sum() >= LEAST:
                found[key][name] = said[mask].mean()
    return found


@pytest.mark.parametrize("by", ["origin", "carrier"])
def test_gaps_are_what_counting_gives(demo, rows, by):
    found = fairness(demo, by, Slice(window=WEEK))
    assert isinstance(found, Fairness)
    at = rows["production"]["scheduled_departure"]
    week = rows["production"][(at >= WEEK.start) & (at < WEEK.end)]
    for given, table in ((found.now, week), (found.before, rows["reference"])):
        for key, every in rates(table, by).items():
            assert {one.cohort: one.value for one in given[key].rates} == pytest.approx(every, abs=1e-12)
            assert given[key].value == pytest.approx(max(every.values()) - min(every.values()), abs=1e-12)


def test_the_course_holds_the_week_and_every_other(demo, rows):
    found = fairness(demo, "origin", Slice(window=WEEK))
    at = demo.windows.index(WEEK)
    for key, line in found.history.items():
        assert len(line) == len(demo.windows) and line[at].value == pytest.approx(found.now[key].value, abs=1e-12)
    when = rows["production"]["scheduled_departure"]
    for i in (0, 20, 39):
        window = demo.windows[i]
        mine = rows["production"][(when >= window.start) & (when < window.end)]
        every = rates(mine, "origin")["recall_gap"].values()
        assert found.history["recall_gap"][i].value == pytest.approx(max(every) - min(every), abs=1e-12)


def test_gaps_within_a_cohort(demo, rows):
    found = fairness(demo, "carrier", Slice((LGA,), WEEK))
    at = rows["production"]["scheduled_departure"]
    mine = rows["production"][(at >= WEEK.start) & (at < WEEK.end) & (rows["production"]["origin"] == "LGA")]
    every = rates(mine, "carrier")["selection_rate_gap"]
    assert {one.cohort: one.value for one in found.now["selection_rate_gap"].rates} == pytest.approx(every, abs=1e-12)


@pytest.mark.parametrize("metric", ["log_loss", "recall"])
def test_each_cohort_reads_what_its_own_run_reads(demo, metric):
    found = performance_by(demo, "origin", metric, Slice(window=WEEK))
    assert {one.value for one in found} == {"EWR", "JFK", "LGA"}
    for one in found:
        run = look(demo, Slice((Filter("origin", "eq", (one.value,)),), WEEK))
        assert one.found == next(f for f in run.findings if f.metric == metric)
    assert found[0].value == "LGA", "worst first"


def test_recall_of_laguardia_in_the_furlough_week(demo):
    found = {one.value: one.found for one in performance_by(demo, "origin", "recall", Slice(window=WEEK))}
    assert isinstance(found["LGA"], Finding) and found["LGA"].value == pytest.approx(0.068, abs=0.001)


def test_the_cohort_that_is_chosen_does_not_leave_one_row(demo):
    assert len(performance_by(demo, "origin", "recall", Slice((LGA,), WEEK))) == 3


def test_a_column_without_values_to_choose_from_is_told(demo):
    with pytest.raises(UnusableData, match="no values"):
        performance_by(demo, "temp_f", "recall", Slice(window=WEEK))


def test_missing_values_are_a_cohort():
    assert name_of(None) == "(missing)" and filter_of("a", None).operator == "is_null"
    cut = within(Slice((LGA, Filter("seats", "ge", (100,)))), "origin", None, WEEK)
    assert [one.text for one in cut.cohort] == ["seats>=100", "origin is_null"] and cut.window == WEEK


# ---- many cohorts at once


@pytest.mark.parametrize("against", ["same cohort", "previous window", "trailing 4 windows", "everyone else"])
def test_floors_of_predictions_alone_are_those_of_a_whole_run(demo, against):
    for cut in (Slice((LGA,), WEEK), Slice((Filter("dest", "eq", ("ATL",)),), WEEK)):
        demo.kept.pop("floors", None)  # else they are taken from there
        demo.kept.pop("floors of outcomes", None)
        alone = outcome_floors_of(demo, cut, against)
        whole = floors_of(demo, cut, against)
        assert dict(alone.floors) == {key: one for key, one in whole.floors.items() if key[0] == ""}
        assert alone.windows == whole.windows
        assert len(alone.floors) == (0 if against == "everyone else" else 2)


@pytest.mark.parametrize("without", [False, True])
def test_rows_of_a_window_are_cut_from_the_cohort_s_as_the_data_would_tell_them(demo, rows, without):
    timeless = Slice((LGA,), None, without)
    for side, window in (("production", WEEK), ("reference", demo.sides["reference"].cells.windows[2])):
        when = rows[side]["scheduled_departure"]
        inside = (when >= window.start) & (when < window.end)
        mine = (rows[side]["origin"] == "LGA") != without
        for _ in range(2):  # as asked, and as kept
            found = np.arange(len(when))[chosen(demo, side, Slice((LGA,), window, without))]
            assert found.tolist() == np.flatnonzero(inside & mine).tolist()
            assert np.arange(len(when))[chosen(demo, side, timeless)].tolist() == np.flatnonzero(mine).tolist()
        assert chosen(demo, side, Slice(window=window)).tolist() == np.flatnonzero(inside).tolist()


def test_kept_rows_of_cohorts_take_no_more_room_than_they_may(demo, monkeypatch):
    demo.kept.pop(ROWS, None)
    monkeypatch.setattr("engine.explore.predicted.ROWS_BYTES", 1e6)  # 125,000 rows
    for name in ("LGA", "EWR", "JFK"):
        chosen(demo, "production", Slice((Filter("origin", "eq", (name,)),), WEEK))
    assert [key[1].cohort[0].values for key in demo.kept[ROWS]] == [("JFK",)], "the last one alone has room"
    demo.kept.pop(ROWS)
