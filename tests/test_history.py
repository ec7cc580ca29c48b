"""Every cohort over every window: the findings of each cohort by itself, worst first; and a column in few words."""

import pytest

from engine.columns import Column, Kind
from engine.errors import UnusableData
from engine.explore import histories, history, look
from engine.explore.gist import gist
from engine.explore.history import cohort_history, values_of
from engine.findings import Finding
from engine.slices import Filter, Slice


def test_every_cohort_reads_as_it_does_by_itself(demo):
    found = cohort_history(demo, "origin", "psi", "seats")
    for i, value in enumerate(found.values):
        alone = history(demo, "psi", Slice((Filter("origin", "eq", (value,)),)), column="seats")
        assert {j: cell for (k, j), cell in found.cells.items() if k == i} == {
            j: cell for (_, j), cell in alone.cells.items()
        }


def test_a_history_agrees_with_the_run_of_its_window(demo):
    cut = Slice((Filter("origin", "eq", ("LGA",)),), demo.windows[24])
    (one,) = [f for f in look(demo, cut).findings if (f.column, f.metric) == ("seats", "psi")]
    cell = cohort_history(demo, "origin", "psi", "seats").cells[demo.cohorts["origin"].index("LGA"), 24]
    assert isinstance(cell, Finding)
    assert (cell.value, cell.severity, cell.floor) == (one.value, one.severity, one.floor)


def test_the_worst_cohort_comes_first(demo):
    found = cohort_history(demo, "origin", "psi", "seats")
    assert found.values[found.worst[0]] == "LGA"
    assert sorted(found.worst) == [0, 1, 2]


def test_a_filter_on_the_column_of_cohorts_leaves_all_its_rows(demo):
    within = Slice((Filter("origin", "eq", ("LGA",)), Filter("carrier", "eq", ("EV",))))
    found = cohort_history(demo, "origin", "psi", "seats", within)
    assert len(found.values) == 3
    (lga,) = [i for i, value in enumerate(found.values) if value == "LGA"]
    alone = history(demo, "psi", within, column="seats")
    assert found.cells[lga, 24] == alone.cells["seats", 24]


def test_any_column_of_few_values_makes_cohorts_and_a_number_does_not(demo):
    assert len(values_of(demo, "weekday")) == 7
    with pytest.raises(UnusableData, match="no values that cohorts could be made of"):
        values_of(demo, "seats")


def test_everyone_but_has_a_history_of_its_own(demo):
    cohort = (Filter("origin", "eq", ("LGA",)),)
    inside, others = (history(demo, "psi", Slice(cohort, without=one), column="seats") for one in (False, True))
    assert inside.values("seats") != others.values("seats")


def test_a_column_in_few_words_agrees_with_the_data(demo):
    run = look(demo, Slice(window=demo.windows[3]))
    said = {column.name: gist(column, run.summaries[column.name]) for column in demo.columns}
    assert said["seats"] == ("mean 136", "mean 137")  # 136.46 and 136.58 by the database
    assert said["carrier"] == ("UA 17%", "UA 18%") and said["flight_id"] == ("–", "–")
    assert said["scheduled_departure"] == ("–", "–")
    assert gist(Column("x", "INTEGER", Kind.NUMERIC), "nothing was counted") == ("–", "–")


def test_several_metrics_at_once_read_as_each_by_itself(demo):
    cohort = Slice((Filter("origin", "eq", ("LGA",)), Filter("carrier", "eq", ("B6",))))
    keys = ("psi", "wasserstein", "null_rate", "type_error_rate")
    together = histories(demo, keys, cohort)
    assert tuple(together) == keys
    for key in keys:
        alone = history(demo, key, cohort)
        assert together[key].cells == alone.cells and together[key].columns == alone.columns
    assert len({len(one.columns) for one in together.values()}) > 1  # they are not of the same columns
