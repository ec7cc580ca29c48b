"""Every page with the demo, with nothing, and with what is broken."""

import json

import pytest

from engine.signals import SIGNALS
from tests.pages.conftest import PAGES, words

EACH = pytest.mark.parametrize("page", PAGES)
WITH_VIEW = pytest.mark.parametrize("page", [page for page in PAGES if page != "Data"])


@EACH
def test_a_page_opens_on_the_demo(app, page):
    at = app(page, window="2013-04-22")
    assert at.title[0].value == page
    if page != "Data":
        assert "**6,560** of 6,560 production rows · **43,048** reference rows" in words(at)


@WITH_VIEW
def test_a_page_without_a_monitor_says_what_to_do(app, monitors, page):
    said = words(app(page))
    assert "No monitor yet" in said and "Give two files" in said


@WITH_VIEW
def test_a_broken_monitor_file_is_told_in_the_engines_words(app, monitors, page):
    (monitors / "bad.yaml").write_text("monitor: m\nreference: {path: a}\nproduction: {path: b}\ncolums: {}\n")
    said = words(app(page))
    assert "line 4, colums: unknown field. Did you mean 'columns'?" in said


@WITH_VIEW
def test_missing_data_is_told_in_the_engines_words(app, monitors, page):
    (monitors / "gone.yaml").write_text("monitor: gone\nreference: {path: not/here.parquet}\nproduction: {path: b}\n")
    at = app(page)
    assert "There is no such file or folder." in words(at)
    assert at.button(key="look_again")


def test_data_that_appear_later_are_opened(app, monitors, two_files):
    reference, production = two_files()
    gone = monitors.parent / "later.csv"
    (monitors / "m.yaml").write_text(f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {gone}}}\n")
    at = app()
    assert "There is no such file" in words(at)
    gone.write_bytes(production.read_bytes())
    at.button(key="look_again").click().run()
    assert "production rows" in words(at)


def test_a_monitor_that_was_mended_is_read_anew(app, monitors, two_files):
    reference, production = two_files()
    text = f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {production}}}\n"
    (monitors / "m.yaml").write_text(text + "colums: {}\n")
    assert "unknown field" in words(app())
    (monitors / "m.yaml").write_text(text)
    said = words(app())
    assert "unknown field" not in said and "production rows" in said


def test_a_replaced_file_is_noticed(app, monitors, two_files):
    reference, production = two_files()
    text = f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {production}}}\n"
    (monitors / "m.yaml").write_text(text)
    before = words(app(window="all time"))
    assert "of 840 production rows" in before
    production.write_text("".join(production.read_text(encoding="utf-8").splitlines(keepends=True)[:601]))
    assert "of 600 production rows" in words(app(window="all time"))


def test_the_default_window_is_the_last_complete_one(app):
    at = app()
    assert at.selectbox(key="window").value == "2013-12-23"
    assert "2013-12-30 ◌ partial" in at.selectbox(key="window").options


def test_the_sentence_says_what_is_looked_at(app):
    said = words(app(window="2013-04-22", cohort__origin="LGA"))
    assert "origin is LGA, against the same cohort of the reference · **1,994** of 6,560 production rows" in said


def test_a_link_to_what_is_not_there_falls_back_and_says_so(app):
    at = app(window="1999-01-04", cohort__origin="XYZ")
    assert at.selectbox(key="window").value == "2013-12-23"
    said = at.warning[0].value.replace("\\", "")
    assert "window '1999-01-04' is not there" in said and "'XYZ'" in said


def test_a_free_filter_narrows_the_view_and_a_wrong_one_names_the_nearest(app):
    assert "**3,667** of 6,560" in words(app(window="2013-04-22", filter="seats>=100"))
    assert "Did you mean 'seats'?" in words(app(window="2013-04-22", filter="seat>=100"))


def test_against_the_whole_reference(app):
    at = app(window="2013-04-22", cohort__origin="LGA", against="whole reference")
    assert "**43,048** reference rows" in words(at)


def test_the_pickers_change_the_view(app):
    at = app()
    at.selectbox(key="window").select("2013-04-22").run()
    at.selectbox(key="cohort-origin").select("LGA").run()
    assert not at.exception
    assert "**1,994** of 6,560 production rows" in words(at)
    at.button(key="later").click().run()
    assert at.selectbox(key="window").value == "2013-04-29"


def test_a_permalink_writes_every_parameter(app):
    at = app()
    assert "window=2013-12-23" in at.code[0].value and "against=same+cohort" in at.code[0].value


def test_overview_has_a_card_a_signal_and_the_worst_in_sentences(app):
    at = app(window="2013-04-22")
    assert [one.label for one in at.metric] == [signal.name for signal in SIGNALS.values()]
    assert {"Data drift", "Model performance", "Schema"} <= {one.label for one in at.metric}
    assert "late\\_probability is 0\\.583" in words(at)
    at.button(key="open_0").click().run()
    assert at.title[0].value == "Column" and not at.exception


def test_the_partial_week_is_no_alarm(app):
    said = words(app(window="2013-12-30 ◌ partial"))
    assert "weekday is" not in said


def test_columns_come_worst_first_and_search_narrows_them(app):
    at = app("Columns", window="2013-04-22")
    table = at.dataframe[0].value
    assert table["Status"].iloc[0] == ["■ critical"] and len(table) == 20
    at.text_input(key="search").set_value("categorical target").run()
    assert list(at.dataframe[0].value["Column"]) == ["late"]
    at.text_input(key="search").set_value("nothing like it").run()
    assert "No column matches" in words(at)


def test_a_column_shows_its_charts_and_all_its_numbers(app):
    at = app("Column", window="2013-04-22", column="late_probability")
    specs = [json.loads(one.proto.spec) for one in at.get("plotly_chart")]
    assert [trace["name"] for trace in specs[0]["data"]] == ["reference", "production", "part of the score"]
    assert len(specs) == 4
    assert "0.286" in list(at.dataframe[0].value["Value"])  # Kolmogorov and Smirnov's, exact


def test_a_category_and_an_id_have_pages_too(app):
    for column in ("carrier", "flight_id", "scheduled_departure"):
        at = app("Column", window="2013-04-22", column=column)
        assert at.selectbox(key="column").value == column


def test_another_session_does_not_see_it(app):
    assert app().selectbox(key="monitor").options == ["flights-late", "flights-class", "flights-delay"]


@pytest.mark.parametrize("page", ["Overview", "Columns", "Column", "Data quality"])
@pytest.mark.parametrize(
    "params",
    [
        {"filter": "scheduled_departure>=2013-12-01"},  # no reference rows at all
        {"filter": "seats>=100000"},  # no rows on either side
        {"cohort__carrier": "HA", "window": "2013-04-22"},  # a handful
        {"window": "all time"},
        {"column": "nope", "metric": "nope", "map": "nope", "search": "[", "monitor": "nope", "against": "nope"},
    ],
    ids=["no reference rows", "no rows", "few rows", "all time", "nonsense"],
)
def test_hard_views_are_shown_in_words(app, page, params):
    at = app(page, **params)
    assert "production rows" in words(at)
