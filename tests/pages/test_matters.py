"""Does it matter: Performance, its cohorts, gaps and duels, Operations, and what the overview says of them."""

import csv
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

import engine.collect.collector as collector
from engine import compare
from engine.collect import open_collector
from engine.findings import Severity
from engine.slices import Filter, Slice
from pages.shared.matters import state_of
from tests.pages.conftest import HOSTILE, words

WEEK = {"window": "2013-04-22"}


def test_a_warning_of_the_schema_is_told_where_nothing_else_could_be_judged():
    old, new = ({"kept": [1.0, 2.0], "typed": typed} for typed in ([1, 2], ["a", "b"]))
    nobody = Slice((Filter("kept", "eq", (9.0,)),))
    run = compare(pa.table(old), pa.table(new), cut=nobody)
    assert (run.severity, run.judged) == (Severity.WARNING, 0)
    assert state_of(run) == (
        "Look closer: schema is beyond a warning threshold. "
        "Nothing else could be judged: the reference slice has no rows."
    )
    run = compare(pa.table(old), pa.table(old), cut=nobody)
    assert state_of(run) == "Nothing could be judged: the reference slice has no rows."


def said(at):
    return words(at).replace("\\", "").replace("\u2060", "")


def specs(at):
    return [json.loads(one.proto.spec) for one in at.get("plotly_chart")]


def monitor(folder, columns, **more):
    text = {"monitor": "m", "reference": {"path": "reference.csv"}, "production": {"path": "production.csv"},
            "columns": columns} | more  # fmt: skip
    (folder / "m.yaml").write_text(json.dumps(text))  # JSON is YAML


def sides(folder, made):
    """Eight weeks of reference and four of production; made(random, n, side) -> columns."""
    for side, first, weeks in (("reference", datetime(2024, 1, 1), 8), ("production", datetime(2024, 2, 26), 4)):
        n = weeks * 200
        columns = made(np.random.default_rng(len(side)), n, side)
        columns["at"] = [(first + timedelta(hours=168 * weeks * i / n)).isoformat(sep=" ") for i in range(n)]
        with (folder / f"{side}.csv").open("w", newline="") as stream:
            out = csv.writer(stream)
            out.writerow(columns)
            out.writerows(zip(*columns.values(), strict=True))


# ---- the overview says whether it matters


def test_overview_says_that_predictions_failed_while_few_columns_drift(app):
    text = said(app(**WEEK))
    assert "Not well: model performance, data drift" in text, "what the model gets wrong is named first"
    assert "Log loss of the 6,394 labelled rows of 6,560 is 0.775" in text
    assert "Before labels these rows were estimated at 0.412: the scores did not know." in text
    assert "Meanwhile 1 of 16 columns drifts, 1 in the median week: counting them would not have told." in text


def test_overview_of_a_week_that_was_as_expected_claims_no_surprise(app):
    text = said(app(window="2013-10-07"))
    assert "Does it matter?" in text and "did not know" not in text


def test_cards_say_why_nothing_is_monitored(app):
    at = app(**WEEK)
    values = {one.label: one.value for one in at.metric}
    assert values["Operations"] == "not monitored" and "no column says how fast it answered" in said(at)
    assert values["Model performance"] == "1 of 2 metrics" and values["Attribution drift"] == "0 of 1 metric"


# ---- performance on the demo


def test_performance_shows_what_came_true_the_estimate_and_the_worth(app):
    at = app("Performance", **WEEK)
    text = said(at)
    assert "0.775 ± 0.0289 (reference 0.499)" in text and "Estimated before labels: **0.415**" in text
    assert "Where the estimate failed: 5 windows" in text and "P(y given score) has not changed" in text
    assert "Week of 22 April 2013: estimated log loss 0.412 (0.252 to 0.573) of rows with a label, realized" in text
    assert "of 6,560 rows; 0.412 of the 6,394 of them that have a label." in text, "two numbers, each says of what"
    assert "Value per prediction of the 6,394 labelled rows of 6,560 is -3.43 ± 0.177 (reference -1.37)" in text
    assert "Value per prediction" in at.selectbox(key="measure").options
    table = next(one.value for one in at.dataframe if "Came true" in one.value.columns)
    assert list(table["production"]) == [380, 2173, 175, 3666]


def test_worth_is_a_metric_among_others(app):
    at = app("Performance", **WEEK, measure="Value per prediction")
    lines = {one["name"]: one["y"] for one in specs(at)[0]["data"]}
    assert lines["realized"][3] == pytest.approx(-3.4259, abs=1e-4)  # -(10 × 2173 + 175) / 6394
    assert "Not estimated before labels: Value per prediction has no estimate from scores alone" in said(at)


def test_what_is_not_open_is_not_read(app):
    tables = [list(one.value.columns) for one in app("Performance", **WEEK).dataframe]
    assert len(tables) == 2 and "Cohort" in tables[1]
    assert len(specs(app("Performance", **WEEK))) == 2


def test_the_worst_cohort_comes_first_and_can_be_looked_at_alone(app):
    at = app("Performance", **WEEK, measure="Recall")
    table = next(one.value for one in at.dataframe if "Cohort" in one.value.columns)
    assert list(table["Cohort"]) == ["LGA", "JFK", "EWR"] and table["Recall"].iloc[0] == "0.0676"
    at.selectbox(key="cohort_to_look_at").select("LGA").run()
    at.button(key="look_at_cohort").click().run()
    assert not at.exception and at.selectbox(key="cohort-origin").value == "LGA"
    assert "Recall of the 1,949 labelled rows of 1,994 is 0.0676" in said(at)


def test_gaps_stand_beside_those_of_the_other_side(app):
    at = app("Performance", **WEEK, beside="Gaps")
    text = said(at)
    assert "Recall is 24.8% of EWR and 6.8% of LGA: 18.0 ± 4.8 points apart, beyond what chance gives" in text
    assert "Reference: 24.7 points." in text and "Which gap is unjust no number says" in text
    assert len(specs(at)[-1]["data"][-1]["y"]) == 40


def test_two_carriers_beside_each_other(app):
    at = app("Performance", **WEEK, beside="Champion and challenger", versions="carrier")
    assert (at.selectbox(key="champion").value, at.selectbox(key="challenger").value) == ("UA", "EV"), "by rows"
    assert "Beyond chance, EV is better in" in said(at) and "Rows of EV against those of UA: 8 columns of 17" in said(
        at
    )
    table = next(one.value for one in at.dataframe if "Verdict" in one.value.columns).set_index("Metric")
    assert table.loc["Recall", "Verdict"] == "challenger better, beyond chance"
    assert table.loc["Log loss", "Verdict"] == "within chance"
    at.selectbox(key="champion").select("EV").run()
    assert "Choose two different ones" in said(at)
    at.selectbox(key="versions").select("origin").run()
    assert not at.exception and {at.selectbox(key="champion").value, at.selectbox(key="challenger").value} == {
        "EWR",
        "JFK",
    }
    assert not at.warning, "another column has other values: that is no broken link"


def test_everyone_but_a_cohort_is_told_where_it_cannot_be_parted(app):
    assert "cannot be parted into cohorts" in said(app("Performance", **WEEK, cohort__origin="LGA", without="true"))


@pytest.mark.parametrize("tab", ["By cohort", "Gaps", "Champion and challenger"])
@pytest.mark.parametrize(
    "params",
    [{"window": "all time"}, {"cohort__carrier": "HA", **WEEK}, {"filter": "seats>=100000"},
     {"filter": "scheduled_departure>=2013-12-01"}, {"against": "previous window", **WEEK},
     {"versions": "nope", "champion": "nope", "by": "nope", "measure": "nope", "gap": "nope"}],
    ids=["all time", "few rows", "no rows", "no reference rows", "previous window", "nonsense"],
)  # fmt: skip
def test_hard_views_of_performance_are_shown_in_words(app, tab, params):
    at = app("Performance", beside=tab, **params)
    assert "production rows" in said(at)


# ---- other models


def regression(random, n, side):
    truth = random.normal(50, 10, n)
    bias = 4.0 if side == "production" else 0.0
    return {"x": truth.round(1), "predicted": (truth + bias + random.normal(0, 3, n)).round(2),
            "target": truth.round(2), "region": random.choice(["EU", "US"], n)}  # fmt: skip


def test_a_model_of_numbers_has_errors_cohorts_and_no_gaps(app, monitors):
    sides(monitors, regression)
    monitor(monitors, {"timestamp": "at", "prediction": "predicted", "target": "target", "cohorts": ["region"]})
    at = app("Performance")
    text = said(at)
    assert "Mean absolute error of the" in text and len(at.dataframe) == 1
    assert "The features did not know" in text and "score" not in text, "a model of numbers has no scores"
    assert {"Root mean squared error", "Mean absolute error", "Mean error"} <= set(at.selectbox(key="measure").options)
    assert set(next(one.value for one in at.dataframe if "Cohort" in one.value.columns)["Cohort"]) == {"EU", "US"}
    assert "recall and false positives are of two classes" in said(app("Performance", beside="Gaps"))
    duel = app("Performance", beside="Champion and challenger")
    assert "differ in no metric by more than chance" in said(duel)


def classes(random, n, side):
    logits = random.normal(size=(n, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = [random.choice(["red", "green", "blue"], p=row) for row in p]
    names = np.array(["red", "green", "blue"])
    return {"p_red": p[:, 0], "p_green": p[:, 1], "p_blue": p[:, 2], "said": names[p.argmax(axis=1)], "truth": truth,
            "region": random.choice(["EU", "US"], n)}  # fmt: skip


def test_a_model_of_three_classes_is_read_class_by_class(app, monitors):
    sides(monitors, classes)
    monitor(monitors, {"timestamp": "at", "scores": {"red": "p_red", "green": "p_green", "blue": "p_blue"},
                       "prediction": "said", "target": "truth", "cohorts": ["region"]})  # fmt: skip
    at = app("Performance")
    assert "Log loss of the" in said(at) and not at.exception
    assert {"red", "green", "blue"} == set(at.selectbox(key="class").options)
    assert len(next(one.value for one in at.dataframe if "Came true" in one.value.columns)) == 9
    assert "of two classes" in said(app("Performance", beside="Gaps"))


def test_a_model_version_fights_the_one_before(app, monitors):
    def versions(random, n, side):
        x = random.normal(size=n)
        version = np.where(random.random(n) < (0.4 if side == "production" else 0.0), "v2", "v1")
        score = 1 / (1 + np.exp(-(x + np.where(version == "v2", 4, 0.3) * random.normal(size=n))))
        return {"x": x, "score": score, "came": (random.random(n) < 1 / (1 + np.exp(-x))).astype(int),
                "said": (score >= 0.5).astype(int), "model_version": version}  # fmt: skip

    sides(monitors, versions)
    columns = {"timestamp": "at", "score": "score", "prediction": "said", "target": "came"}
    monitor(monitors, {**columns, "cohorts": ["model_version"]})
    at = app("Performance", window="all time", beside="Champion and challenger")
    assert at.selectbox(key="versions").value == "model_version"
    assert (at.selectbox(key="champion").value, at.selectbox(key="challenger").value) == ("v1", "v2")
    assert "v2 is worse in" in said(at) and "ROC AUC" in said(at)


def test_without_labels_it_says_what_to_do(app, monitors, two_files):
    reference, production = two_files()
    monitor(monitors, {"timestamp": "at"}, reference={"path": str(reference)}, production={"path": str(production)})
    text = said(app("Performance"))
    assert "Nothing says yet whether predictions were right" in text and "target: {path: labels.parquet" in text
    assert "Nobody can tell yet" in said(app())


# ---- operations


def log(monkeypatch, folder, first, weeks, slow, failing):
    """A log as the collector writes it, at the times that are wanted."""
    random = np.random.default_rng(weeks)
    clock = iter(
        int((first + timedelta(weeks=w, hours=168 * i / 200)).timestamp() * 1e9)
        for w in range(weeks)
        for i in range(200)
    )
    with monkeypatch.context() as patch:
        patch.setattr(collector, "time_ns", lambda: next(clock))
        opened = open_collector(folder, version="1", rows=10_000)
        for w in range(weeks):
            bad = w >= weeks // 2
            for _ in range(200):
                status = 503 if random.random() < (failing if bad else 0.0) else 200
                latency = float(random.lognormal(4 + (slow if bad else 0.0), 0.3))
                opened.log(
                    {"x": float(random.normal()), HOSTILE: "a"}, {"score": 0.5}, latency_ms=latency, status=status
                )
        opened.close()
        assert opened.counts.written == weeks * 200


@pytest.fixture
def served(monkeypatch, monitors, tmp_path):
    log(monkeypatch, tmp_path / "before", datetime(2024, 1, 1, tzinfo=UTC), 8, 0.0, 0.0)
    log(monkeypatch, tmp_path / "now", datetime(2024, 2, 26, tzinfo=UTC), 4, 1.5, 0.05)
    monitor(monitors, {"ignore": ["model_version", "sample_rate"]}, reference={"path": str(tmp_path / "before")},
            production={"path": str(tmp_path / "now")})  # fmt: skip


def test_operations_show_latency_errors_throughput_and_volume(app, served):
    at = app("Operations", window="2024-03-18")
    text = said(at)
    assert "95th percentile of latency of 200 rows is" in text and "at or beyond the warning threshold 200" in text
    assert "Error rate of 200 rows is" in text and "at or beyond the critical threshold 1 %" in text
    assert "Throughput of 200 rows is 1.19 requests an hour" in text
    charts = specs(at)
    assert len(charts) == 4
    names = [{one["name"] for one in chart["data"]} for chart in charts]
    assert {"50 %", "95 %", "99 %", "warning", "critical", "floor: no change gets here"} <= names[0]
    lines = {one["name"]: one["y"] for one in charts[0]["data"]}
    assert all(a < b < c for a, b, c in zip(lines["50 %"], lines["95 %"], lines["99 %"], strict=True))
    assert lines["95 %"][1] < 200 < lines["95 %"][2]
    assert any(chart["data"][0]["type"] == "bar" and chart["data"][0]["y"] == [200] * 4 for chart in charts)


def test_the_overview_counts_operations_over_windows(app, served):
    at = app(window="2024-03-18")
    values = {one.label: one.value for one in at.metric}
    assert values["Operations"] == "2 of 2 metrics" and "operations" in said(at)


def test_a_sentence_about_errors_has_one_unit(app, served):
    line = next(one for one in said(app("Operations", window="2024-03-18")).split("\n") if "Error rate of" in one)
    assert "critical threshold 1 %." in line and line.count(" %") == 3, "value, reference and threshold alike"


def test_columns_that_say_nothing_are_told_apart_from_none(app, monitors, tmp_path):
    def made(random, n, side):
        took = random.gamma(2, 50, n) if side == "reference" else [""] * n
        return {"x": random.normal(size=n), "took_ms": took}

    sides(tmp_path, made)
    monitor(monitors, {"timestamp": "at", "latency": "took_ms"}, **{
        side: {"path": str(tmp_path / f"{side}.csv")} for side in ("reference", "production")
    })  # fmt: skip
    text = said(app())
    assert "the production slice has no usable took_ms" in text
    assert "no column says how fast it answered" not in text


# ---- labels that say nothing of the kind


@pytest.fixture
def answered(monitors, tmp_path):
    """A monitor whose production has the labels that a test wants: answered(lambda came: …)."""

    def opened(labels):
        def made(random, n, side):
            score = random.random(n)
            came = random.random(n) < score
            return {
                "score": score, "said": score >= 0.5, "came": came if side == "reference" else [*map(labels, came)]
            }  # fmt: skip

        sides(tmp_path, made)
        monitor(monitors, {"timestamp": "at", "score": "score", "prediction": "said", "target": "came"}, **{
            side: {"path": str(tmp_path / f"{side}.csv")} for side in ("reference", "production")
        })  # fmt: skip

    return opened


def test_labels_in_other_words_are_not_called_late(app, answered):
    answered(lambda came: "late" if came else "early")
    told = "labels of the reference (false, true) and those of production (early, late) have no value in common"
    for page in ("Overview", "Performance"):
        text = said(app(page))
        assert told in text.replace("Labels", "labels") and "still coming" not in text, page


def test_without_labels_no_estimate_is_said_to_have_held(app, answered):
    answered(lambda came: "")
    text = said(app("Performance"))
    assert "Estimated before labels: **" in text and "leave the band" not in text
    assert "No past window has both an estimate and a realized value" in text
    assert "no row has a label yet" in said(app()), "the card says so, and not that there is no column"


def test_the_demo_says_that_nothing_was_measured_and_how_to(app):
    text = said(app("Operations", **WEEK))
    assert "Nothing was measured of how the model was served" in text and "engine.collect" in text


# ---- verdicts beside drift


def test_columns_say_what_their_drift_amounts_to(app):
    at = app("Columns", **WEEK)
    table = at.dataframe[0].value.set_index("Column")
    assert table.loc["temp_f", "Amounts to"] == "■ drifted and costly" and table.loc["hour", "Amounts to"] == "– noise"
    at.text_input(key="search").set_value("costly").run()
    assert list(at.dataframe[0].value["Column"]) == ["temp_f"]


def test_a_column_says_what_its_drift_amounts_to(app):
    assert "**■ drifted and costly** · temp_f drifted" in said(app("Column", **WEEK, column="temp_f"))
    assert "drifted, " not in said(app("Column", **WEEK, column="hour"))
