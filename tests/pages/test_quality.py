"""The page Data quality: the rates of every column, rows and columns as such, and the values themselves."""

import csv
import doctest
import io

import pytest

from engine.metrics import METRICS
from pages.shared import charts, rates
from tests.pages.conftest import HOSTILE, words

WEATHER = {"humidity", "precip_in", "temp_f", "visibility_mi", "wind_mph"}


def table(at, which):
    """The rates come first, the examples last."""
    return at.dataframe[{"rates": 0, "examples": -1}[which]].value


@pytest.fixture
def broken_files(monitors, tmp_path):
    """A monitor whose production has lost, gained, emptied and retyped columns, and repeats an id."""

    def write(name, header, lines):
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header, *lines])
        return tmp_path / name

    first = [[i, i % 50, i % 7, HOSTILE if i % 2 else "b", "x"] for i in range(900)]
    second = [[i % 300, "twelve" if i % 3 == 0 else i % 80, "", "=1+1" if i % 5 == 0 else "b", "y"] for i in range(600)]
    reference = write("reference.csv", ["id", "amount", "rate", HOSTILE, "gone"], first)
    production = write("production.csv", ["id", "amount", "rate", HOSTILE, "extra"], second)
    text = f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {production}}}\n"
    (monitors / "m.yaml").write_text(text + "columns: {id: id, kinds: {amount: numeric}}\n")


def test_the_week_in_which_the_weather_stopped(app):
    at = app("Data quality", window="2013-12-30 ◌ partial")
    assert at.segmented_control(key="rate").value == "Null rate"
    found = table(at, "rates")
    assert set(found["Column"].iloc[:5]) == WEATHER and set(found["Status"].iloc[:5]) == {"■ critical"}
    first = found.iloc[0]
    assert (first["Rows"], first["Null"], first["Outside"]) == (1744, 932, 0)
    assert first["Production"] == pytest.approx(932 / 1744) and first["Critical"] == pytest.approx(0.0512, abs=1e-4)
    said = words(at)
    assert "A partial window" in said and "The window holds 1,744 rows" in said.replace("\\", "")
    assert "What to do:** Look for a delivery" in said


def test_moments_and_ids_are_not_out_of_bounds(app):
    found = table(app("Data quality", window="2013-04-22"), "rates").set_index("Column")
    assert "scheduled_departure" not in found.index and "flight_id" not in found.index


def test_another_rate_and_examples_of_another_column(app):
    at = app("Data quality", window="2013-04-22")
    assert at.segmented_control(key="rate").value == "Out-of-bounds rate"
    assert at.selectbox(key="offending").value == "pressure_mb"
    at.selectbox(key="offending").select("temp_f").run()
    found = table(at, "examples")
    assert len(found) == 5 and set(found["What is wrong"]) == {"above the reference's 64.4"}
    at.segmented_control(key="rate").set_value("Type error rate").run()
    assert not at.exception and set(table(at, "rates")["Status"]) == {"● ok"}
    at.button(key="open_offending").click().run()
    assert at.title[0].value == "Column" and at.selectbox(key="column").value == "temp_f"


def test_what_is_wrong_with_columns_and_rows_comes_with_what_to_do(app, broken_files):
    at = app("Data quality")
    said = words(at).replace("\\", "")
    for sentence in ("Production has no column 'gone'", "rate is null in all 600 rows", "300 of 600 rows repeat an id"):
        assert sentence.replace("rate is", "'rate' is") in said or sentence in said, said
    assert said.count("What to do:") >= 3
    assert "Not computed:" in said and "no calendar window" in said


def test_offending_values_are_shown_as_they_stand(app, broken_files):
    at = app("Data quality")
    at.selectbox(key="offending").select("amount").run()
    found = table(at, "examples")
    assert list(found.iloc[0]) == ["twelve", "cannot be read as BIGINT", 200]
    at.selectbox(key="offending").select(HOSTILE).run()
    assert list(table(at, "examples")["Value"]) == ["=1+1"]


def test_a_view_without_rows_says_why(app):
    said = words(app("Data quality", filter="seats>=100000"))
    assert "No rate could be read in this view" in said and "slice has no rows" in said


def test_a_clean_view_says_so(app, monitors, two_files):
    reference, _ = two_files()
    text = f"monitor: m\nreference: {{path: {reference}}}\nproduction: {{path: {reference}}}\n"
    (monitors / "m.yaml").write_text(text)
    assert "No value in this view is a type error or out of bounds" in words(app("Data quality", window="all time"))


def test_every_rate_of_the_engine_is_on_the_page():
    assert set(rates.RATES) == {key for key, one in METRICS.items() if one.signal == "data_quality"}


def test_examples_of_the_helpers():
    assert doctest.testmod(charts).failed == 0


def test_numbers_of_a_chart_are_safe_cells():
    from engine.findings import NotComputed
    from engine.slices import parse_window

    window = parse_window("2024-01-01..2024-01-08")
    row = charts.window_row("=cmd()", window, NotComputed("data_drift", "x", "psi", "@why"))
    text = charts.to_csv([row], list(row))
    read = next(csv.DictReader(io.StringIO(text, newline="")))
    assert read["column"] == "'=cmd()" and read["why"] == "'@why" and read["status"] == "not computed"
