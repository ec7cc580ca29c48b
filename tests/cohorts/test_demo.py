"""The demo's own stories: drift that the whole hides is found when it starts, and a carrier's share of it is mix."""

from pathlib import Path

import pytest

from engine.cli_cohorts import looked_for

ROOT = Path(__file__).resolve().parents[2]
SIDES = tuple(str(ROOT / "data" / "demo" / f"{side}.parquet") for side in ("reference", "production"))
MONITOR = str(ROOT / "data" / "monitors" / "flights.yaml")


@pytest.mark.parametrize(("window", "found"), [("2013-08-01..2013-09-01", False), ("2013-09-01..2013-10-01", True)])
def test_seats_at_lga_are_found_from_september_on(window, found):
    listed = looked_for(*SIDES, monitor=MONITOR, window=window, column=("seats",)).cohorts
    lga = [one for one in listed if one.words == "origin LGA"]
    assert bool(lga) is found
    for one in lga:
        assert one.hidden and one.value > 0.2 and one.value_whole < 0.06 and one.value_without < one.value_whole


def test_the_share_of_ev_at_lga_is_mix():
    autumn = {"where": ("origin=LGA",), "window": "2013-09-01..2014-01-01"}
    listed = looked_for(*SIDES, by_column="carrier", column=("seats",), **autumn).cohorts
    ev = next(one for one in listed if one.words == "carrier EV")
    assert (round(ev.share_reference, 3), round(ev.share_production, 3)) == (0.044, 0.117)
    assert ev.mix > 3 * ev.behaviour > 0
    assert sum(one.mix + one.behaviour for one in listed) == pytest.approx(ev.value_whole, abs=1e-12)
