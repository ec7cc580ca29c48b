"""Where a drift comes from: any cohort, any counterpart, the pages Cohorts, Compare and Windows, and named cohorts."""

import doctest
import json
import threading

import pytest

from engine.errors import Cancelled, PlumblineError
from pages.shared import against, saved, sides, where
from tests.pages.conftest import words

WEEK = {"window": "2013-09-16"}
TWO = "seats<100 & carrier in(EV,9E)"


def figures(at):
    return [json.loads(one.proto.spec) for one in at.get("plotly_chart")]


def said(at):
    return words(at).replace("\\", "").replace("\u2060", "")


def test_examples():
    assert doctest.testmod(sides).failed == 0 and doctest.testmod(against).failed == 0


def test_several_filters_are_joined_by_and(app):
    at = app(window="2013-09-16", filter=TWO)
    assert "seats is below 100 and carrier is one of EV, 9E, against" in said(at) and "**1,514** of 6,508" in said(at)
    assert [one.label.replace("\\", "") for one in at.button if one.key and one.key.startswith("drop_")] == [
        "seats is below 100", "carrier is one of EV, 9E",
    ]  # fmt: skip


def test_a_filter_is_taken_away_with_its_button(app):
    at = app(window="2013-09-16", filter=TWO)
    at.button(key="drop_0").click().run()
    assert at.text_input(key="filter").value == "carrier in(EV,9E)" and not at.exception


def test_a_filter_is_built_from_column_operator_and_values(app):
    at = app(**WEEK)
    at.selectbox(key="build_column").select("seats").run()
    at.selectbox(key="build_operator").select("between").run()
    at.text_input(key="build_from").set_value("50")
    at.text_input(key="build_to").set_value("100").run()
    at.button(key="build_add").click().run()
    assert at.text_input(key="filter").value == "seats between(50,100)"
    at.selectbox(key="build_column").select("carrier").run()
    at.selectbox(key="build_operator").select("one of").run()
    at.multiselect(key="build_list_None").set_value(["EV", "UA"]).run()
    at.button(key="build_add").click().run()
    assert at.text_input(key="filter").value == "seats between(50,100) & carrier in(EV,UA)"
    assert "seats is between 50 and 100 and carrier is one of EV, UA" in said(at)


def test_a_value_that_is_none_is_told_where_it_was_typed(app):
    at = app(**WEEK)
    at.selectbox(key="build_column").select("seats").run()
    at.text_input(key="build_value").set_value("many").run()
    at.button(key="build_add").click().run()
    assert "'many' is not a value of type" in at.error[0].value.replace("\\", "")
    assert at.text_input(key="filter").value == ""


def test_everyone_but_the_cohort(app):
    at = app(**WEEK, cohort__origin="LGA")
    inside = "**2,183** of 6,508"
    assert inside in said(at)
    at.toggle(key="without").set_value(True).run()
    assert "everyone but origin is LGA" in said(at) and "**4,325** of 6,508" in said(at)
    assert "without=true" in at.code[0].value
    at.selectbox(key="cohort-origin").select("all").run()
    assert not at.exception and not [one for one in at.toggle if one.key == "without"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"against": "everyone else", "cohort__origin": "LGA"}, "against everyone else in production"),
        ({"against": "previous window"}, "against production, week of 9 September 2013"),
        ({"against": "trailing 4 windows"}, "against production, 2013-08-19 to 2013-09-16"),
        ({"against": "same window last year"}, "against production, week of 17 September 2012"),
        ({"against": "another cohort", "against__cohort": "carrier=EV & origin=LGA"}, "is EV and origin is LGA"),
        ({"against": "cohort carrier=EV"}, "against production, week of 16 September 2013, carrier is EV"),
        ({"against": "another window", "against__window": "2013-08-05"}, "against production, week of 5 August 2013"),
        ({"against": "window 2013-08-05..2013-08-08"}, "against production, 2013-08-05 to 2013-08-08"),
        ({"against": "before an event"}, "2013-04-21 to 2014-01-06, against production, 2013-04-01 to 2013-04-21"),
        ({"against": "before an event", "event": "2013-07-01"}, "against production, 2013-04-01 to 2013-07-01"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("page", ["Overview", "Column", "Cohorts", "Compare", "Windows"])
def test_held_against_anything(app, page, params, expected):
    at = app(page, **WEEK, **params)
    assert expected in said(at)
    again = at.code[0].value.partition("?")[2]
    assert "against=" in again and not at.warning


def test_another_cohort_waits_until_it_is_named(app):
    assert "Until it is named" in said(app(**WEEK, against="another cohort"))


@pytest.mark.parametrize("day", ["2013-13-99", "2012-01-01"])
def test_a_day_that_cannot_part_the_data_is_told(app, day):
    told = said(app(**WEEK, against="before an event", event=day))
    assert "is no day" in told or "an event must lie between" in told


def test_a_counterpart_that_needs_a_window_is_not_offered_without_one(app):
    at = app(window="all time", against="previous window")
    assert "previous window" not in at.selectbox(key="against").options
    assert "is not there" in at.warning[0].value.replace("\\", "")


def test_a_span_that_is_no_window_of_the_calendar(app):
    at = app(window="2013-09-16..2013-09-20")
    assert "2013-09-16 to 2013-09-20, all" in said(at) or "2013-09-16 to 2013-09-20, against" in said(at)
    at = app(window="2013-09-16..2013-09-23")
    assert at.selectbox(key="window").value == "2013-09-16"
    at.text_input(key="window_typed").set_value("2013-09-16..2013-09-18").run()
    assert "2013-09-16 to 2013-09-18" in said(at)
    at.text_input(key="window_typed").set_value("soon").run()
    assert "'soon' is not there" in at.warning[0].value.replace("\\", "")


def test_charts_call_both_sides_what_they_are(app):
    at = app("Column", **WEEK, column="seats", cohort__origin="LGA", against="everyone else")
    assert [trace["name"] for trace in figures(at)[0]["data"]][:2] == ["everyone else", "this cohort"]
    assert "Everyone else against this cohort" in [one.value for one in at.subheader]
    assert "reference rows" not in said(at)


def test_why_a_column_drifted_is_told(app):
    at = app("Column", window="2013-04-22", column="late_probability")
    assert "Why" in [one.value for one in at.subheader]
    at.button(key="by_cohort").click().run()
    assert at.title[0].value == "Cohorts" and at.selectbox(key="column").value == "late_probability"


def test_cohorts_come_worst_first_and_open_their_column(app):
    at = app("Cohorts", **WEEK, column="seats", by="origin")
    assert at.selectbox(key="cohort_to_open").options == ["LGA", "EWR", "JFK"]
    at.button(key="open_cohort").click().run()
    assert at.title[0].value == "Column" and not at.exception
    assert at.selectbox(key="cohort-origin").value == "LGA" and "origin is LGA" in said(at)


def test_mix_and_behaviour_add_up_to_what_is_stated(app):
    at = app("Cohorts", **WEEK, column="seats", by="carrier")
    chart = next(one for one in figures(at) if one["data"][0].get("name") == "mix")
    mix, behaviour = (sum(trace["x"]) for trace in chart["data"])
    told = said(at)
    assert f"PSI {mix + behaviour:.3g} = mix {mix:.3g} + behaviour {behaviour:.3g}" in told


def test_a_column_is_not_split_by_itself(app):
    assert "cannot be split by itself" in said(app("Cohorts", **WEEK, column="origin", by="origin"))


def test_cohorts_of_a_column_that_the_monitor_did_not_name(app):
    at = app("Cohorts", **WEEK, column="seats", by="weekday")
    assert len(at.selectbox(key="cohort_to_open").options) == 7
    at.button(key="open_cohort").click().run()
    assert at.text_input(key="filter").value.startswith("weekday=")


def test_the_finder_finds_and_opens(app):
    at = app("Cohorts", **WEEK, column="seats", by="carrier")
    at.button(key="find").click().run()
    assert not at.exception
    assert "found** (" in said(at)
    options = at.selectbox(key="found_selected").options
    assert any("seats at origin LGA, carrier 9E" in one for one in options)
    at.button(key="open_found").click().run()
    assert at.title[0].value == "Column"
    assert at.selectbox(key="cohort-origin").value != "all" or at.selectbox(key="cohort-carrier").value != "all"


@pytest.mark.parametrize(
    ("error", "told", "window"),
    [
        (Cancelled("The search was stopped."), "The search was stopped; nothing was changed", "2013-10-07"),
        (PlumblineError("No room for codes."), "No room for codes.", "2013-10-14"),
    ],
)
def test_a_search_that_ends_early_is_told_and_can_be_asked_again(app, monkeypatch, error, told, window):
    def ends(*_):
        raise error

    at = app("Cohorts", window=window, column="seats", by="carrier")
    with monkeypatch.context() as patched:
        patched.setattr(where, "found", ends)
        at.button(key="find").click().run()
    assert told in said(at) and not at.exception
    at.button(key="find").click().run()
    assert "found** (" in said(at)


def test_a_cohort_without_rows_is_told_on_compare(app):
    assert "A has no rows" in said(app("Compare", **WEEK, filter="seats>=100000"))


def test_compare_has_a_row_a_column(app):
    at = app("Compare", **WEEK, cohort__origin="LGA", against="everyone else")
    table = at.dataframe[0].value
    assert len(table) == 20 and table["Column"].iloc[-1] == "origin", "it defines the cohort: no news"
    assert "not judged" in table["Status"].iloc[-1] and "critical" in table["Status"].iloc[0]
    seats = table.set_index("Column").loc["seats"]
    assert seats["A"] == "mean 131" and seats["B"] == "mean 137"
    at.selectbox(key="selected").select("seats").run()
    assert [one["name"] for one in figures(at)[-1]["data"]][:2] == ["B · everyone else", "A · this cohort"]


def test_windows_shows_fixed_and_rolling_and_events(app):
    at = app("Windows", window="2013-04-22", column="late_probability")
    charts = figures(at)
    assert len(charts) == 3
    for one in charts[:2]:
        assert "FAA controller furloughs" in [note["text"] for note in one["layout"]["annotations"]]
    fixed, rolling = (one["data"][-1]["y"] for one in charts[:2])
    assert fixed != rolling and rolling[0] is None


def test_without_a_timestamp_windows_says_so_and_cohorts_works(app, monitors, two_files):
    reference, production = two_files("amount", "region", "score")
    (monitors / "m.yaml").write_text(
        f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {production}}}\n"
        "columns: {cohorts: [region]}\n"
    )
    assert "No windows" in said(app("Windows"))
    at = app("Cohorts", column="amount")
    assert sorted(at.selectbox(key="cohort_to_open").options) == ["EU", "UK", "US"] and not at.exception
    assert "PSI" in said(at)


def test_without_a_column_of_few_values_cohorts_says_what_to_do(app, monitors, two_files):
    reference, production = two_files("amount", "score")
    text = f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {production}}}\n"
    (monitors / "m.yaml").write_text(text)
    assert "No column makes cohorts" in said(app("Cohorts"))


def test_a_cohort_is_saved_chosen_renamed_and_deleted(app):
    at = app(**WEEK, cohort__origin="LGA", filter="seats<100")
    at.text_input(key="named_save").set_value("small at LGA").run()
    at.button(key="named_put").click().run()
    assert saved.saved("flights-late") == {"small at LGA": "origin=LGA & seats<100"}
    at = app(**WEEK)  # another session
    at.selectbox(key="named_cohort").select("small at LGA").run()
    at.button(key="named_use").click().run()
    assert at.selectbox(key="cohort-origin").value == "LGA" and at.text_input(key="filter").value == "seats<100"
    assert "small" not in at.code[0].value  # the link carries the filters, not the name
    at.text_input(key="named_new").set_value("tiny").run()
    at.button(key="named_rename").click().run()
    assert list(saved.saved("flights-late")) == ["tiny"]
    at.button(key="named_delete").click().run()
    assert saved.saved("flights-late") == {} and not at.exception


def test_a_cohort_of_the_monitor_file_is_offered(app):
    at = app(**WEEK)
    assert at.selectbox(key="named_cohort").options[0] == "LaGuardia, small jets · of the monitor file"
    at.button(key="named_use").click().run()
    assert "origin is LGA and seats is below 100" in said(at)


def test_sessions_that_save_at_once_lose_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    threads = [threading.Thread(target=saved.save, args=("m", f"cohort {i}", "a=1")) for i in range(40)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(saved.saved("m")) == 40
    assert sorted(path.suffix for path in (tmp_path / "cohorts").iterdir()) == [".json", ".lock"]


def test_a_name_is_given_once_and_is_no_path(monkeypatch, tmp_path):
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path))
    saved.save("../../m", "a", "x=1")
    assert saved.file_of("../../m").parent == tmp_path / "cohorts"
    with pytest.raises(PlumblineError, match="already"):
        saved.save("../../m", " a ", "x=2")
    with pytest.raises(PlumblineError, match="1 to 80"):
        saved.save("../../m", " ", "x=2")
    saved.file_of("../../m").write_text("no json")
    assert saved.saved("../../m") == {}


def test_a_folder_that_cannot_be_written_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "file"))
    with pytest.raises(PlumblineError, match="cannot be kept"):
        saved.save("m", "a", "x=1")
