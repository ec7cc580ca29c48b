"""Where a change of the demo comes from: what the finder and the split say of real events."""

import pytest

from engine.errors import Cancelled
from engine.explore import cohort_columns, exact_summary, found, look, mix_of
from engine.metrics import METRICS
from engine.slices import Filter, Slice, parse_window

SEPTEMBER = parse_window("2013-09-01..2013-10-01")
LGA = Filter("origin", "eq", ("LGA",))


def test_the_monitors_cohorts_are_asked(demo):
    assert cohort_columns(demo) == ("origin", "carrier")


@pytest.mark.parametrize("month", ["2013-09-01..2013-10-01", "2013-10-01..2013-11-01", "2013-11-01..2013-12-01"])
def test_drift_that_all_rows_hide_is_found_and_named(demo, month):
    cut = Slice(window=parse_window(month))
    result = found(demo, cut, columns=["seats"])
    hidden = {one.cohort: one for one in result.cohorts if one.hidden}
    assert (LGA,) in hidden, [one.words for one in result.cohorts]
    one = hidden[(LGA,)]
    exact = exact_summary(demo, "seats", Slice((LGA,), cut.window))
    assert one.value == pytest.approx(METRICS["psi"].compute(exact.histogram).value, abs=1e-12)
    assert one.value_whole < 0.1 < one.value and one.sentence.startswith("Hidden: seats at origin LGA reads 0.2")


def test_the_split_sums_to_the_reading_and_evs_part_is_mix(demo):
    cut = Slice((LGA,), SEPTEMBER)
    parts = mix_of(demo, "seats", "carrier", cut)
    (whole,) = (one for one in look(demo, cut).findings if (one.column, one.metric) == ("seats", "psi"))
    assert sum(one.mix + one.behaviour for one in parts) == pytest.approx(whole.value, abs=1e-12)
    ev = next(one for one in parts if one.cohort == (Filter("carrier", "eq", ("EV",)),))
    assert ev.mix > 3 * abs(ev.behaviour) and ev.share_production > 2 * ev.share_reference


def test_a_free_filter_and_another_baseline_are_looked_into(demo):
    cut = Slice((Filter("seats", "ge", (100,)),), SEPTEMBER)
    parts = mix_of(demo, "distance_mi", "origin", cut, "everyone else")
    (whole,) = (o for o in look(demo, cut, "everyone else").findings if (o.column, o.metric) == ("distance_mi", "psi"))
    assert sum(one.mix + one.behaviour for one in parts) == pytest.approx(whole.value, abs=1e-12)


def test_the_search_can_be_stopped(demo):
    def stop(share, said):
        if share > 0.3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        found(demo, Slice(window=SEPTEMBER), progress=stop)


def test_a_slice_without_rows_has_no_cohorts(demo):
    nobody = (Filter("origin", "eq", ("EWR",)), Filter("carrier", "eq", ("HA",)))  # Hawaiian flies from JFK
    assert mix_of(demo, "temp_f", "origin", Slice(nobody, demo.windows[3])) == ()
