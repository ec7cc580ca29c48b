"""What can be asked of predictions, whichever way they are stored; labels joined by id; slices of rows read once."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from engine.columns import Kind
from engine.errors import UnknownName, UnusableData
from engine.outcomes import Classification, Regression, Terms
from engine.slices import Filter, Slice, windows_between
from engine.tables.connection import connect
from engine.tables.late_labels import LabelTable, join_labels
from engine.tables.outcomes import outcomes, positions, read_outcomes
from engine.tables.question import Question, question
from engine.tables.sources import open_dataset

ROOT = connect(())
ROLES = {"score": "score", "said": "prediction", "came": "target", "key": "id", "at": "timestamp"}


def data(**columns):
    found = open_dataset(pa.table(columns), ROOT)
    return found.assign(roles={name: role for name, role in ROLES.items() if found.has(name)})


def asked(**columns):
    found = data(**columns)
    return question(found, found)


LABELS = {
    "boolean": ([True, False, None, True], ("false", "true"), 1),
    "whole": ([1, 0, None, 1], ("0", "1"), 1),
    "double": ([1.0, 0.0, None, 1.0], ("0.0", "1.0"), 1),
    "signed": ([1, -1, None, 1], ("-1", "1"), 1),
    "words": (["bad", "good", None, "bad"], ("bad", "good"), 0),
    "yes": (["yes", "no", None, "yes"], ("no", "yes"), 1),
}


@pytest.mark.parametrize("kind", LABELS)
def test_two_classes_of_any_type_are_read_alike(kind):
    came, classes, positive = LABELS[kind]
    said = [came[0], came[0], came[1], came[1]]
    table = data(came=came, said=said, score=[0.9, 0.2, 0.5, 0.7])
    found = question(table, table)
    assert isinstance(found, Question), found
    assert (found.task, found.classes, found.positive) == ("classification", classes, positive)
    side = read_outcomes(table, found).side()
    yes = positive
    assert (side.rows, side.labelled) == (4, 3)
    assert side.confusion[yes, yes] == 1 and side.confusion[1 - yes, yes] == 1 and side.confusion[yes, 1 - yes] == 1
    assert side.curves[0].scores.tolist() == [0.2, 0.7, 0.9]
    assert side.curves[0].positives.tolist() == [0, 1, 1]


@pytest.mark.parametrize("said", [[1, 0, 1], [1.0, 0.0, 1.0], ["true", "false", "True"], [True, False, True]], ids=str)
def test_predictions_stored_otherwise_than_labels_still_meet_them(said):
    table = data(came=[True, False, False], said=said)
    side = read_outcomes(table, question(table, table)).side()
    assert side.confusion.tolist() == [[1, 1], [0, 1]]


def test_the_positive_class_can_be_named_and_must_be_there():
    table = data(came=["a", "b"], said=["a", "a"])
    assert question(table, table).positive == 1
    named = question(table, table, Terms(positive="a"))
    assert (named.positive, named.positive_because) == (0, "it was named")
    with pytest.raises(UnknownName, match="'c'"):
        question(table, table, Terms(positive="c"))


def test_a_score_and_a_threshold_stand_for_predictions():
    table = data(came=[True, False, True], score=[0.3, 0.3, None])
    without = question(table, table)
    assert without.no_prediction == "no column has the role prediction" and without.no_score is None
    terms = Terms(threshold=0.3)
    side = read_outcomes(table, question(table, table, terms)).side()
    assert side.confusion.tolist() == [[0, 1], [0, 1]]


def test_what_is_missing_is_a_reason():
    assert asked(x=[1.0]) == "no column has the role target"
    assert asked(came=[1, 0]) == "no column has the role prediction or score"
    assert asked(came=pa.nulls(2, pa.bool_()), score=[0.1, 0.2]) == "no row has a label yet"
    many = asked(came=[f"c{i}" for i in range(101)], said=["c1"] * 101)
    assert many == "came has 101 values: too many to be classes, and it is no number"
    assert asked(came=["a", "b"], said=["a", "b"]).no_score == "no column has the role score"
    odds = asked(came=[True, False], score=[-2.0, 3.0])
    assert odds.no_score is None and odds.no_probability == "scores from -2 to 3 are no probabilities"


def test_numbers_are_regressed_on_unless_they_are_few_and_whole():
    assert asked(came=[1, 2, 3], said=[1, 2, 2]).task == "classification"
    assert asked(came=[1, 2, 3], said=[1.5, 2.0, 2.0]).task == "regression"
    assert asked(came=list(range(30)), said=list(range(30))).task == "regression"
    table = data(came=[1, 2, 3], said=[1, 2, 2])
    assert question(table, table, Terms(task="regression")).task == "regression"
    assert isinstance(
        outcomes(*[read_outcomes(table, question(table, table, Terms(task="regression")))] * 2), Regression
    )


def test_several_classes_with_a_column_of_scores_each():
    columns = {
        "came": ["a", "b", "c"],
        "said": ["a", "b", "b"],
        "pa": [0.6, 0.2, 0.2],
        "pb": [0.2, 0.6, 0.5],
        "pc": [0.2, 0.2, 0.3],
    }
    table = data(**columns)
    terms = Terms(scores={"c": "pc", "a": "pa", "b": "pb"})
    found = question(table, table, terms)
    assert (found.scores, found.positive, found.no_score, found.no_probability) == (
        ("pa", "pb", "pc"),
        None,
        None,
        None,
    )
    side = read_outcomes(table, found).side()
    assert len(side.curves) == 3 and side.loss.mean == pytest.approx(-np.log([0.6, 0.6, 0.3]).mean())
    assert question(table, table, Terms(scores={"a": "pa"})).no_score == "no column holds the scores of b"
    one = data(came=["a", "b", "c"], said=["a", "b", "b"], score=[0.1, 0.2, 0.3])
    assert question(one, one).no_score == "one column of scores cannot rank 3 classes; name a column for each"
    with pytest.raises(UnknownName, match="'d'"):
        question(table, table, Terms(scores={"d": "pa"}))
    uneven = data(**{**columns, "pa": [0.9, 0.9, 0.9]})
    assert "not to 1" in question(uneven, uneven, terms).no_probability


def test_any_rows_of_a_table_read_once_are_as_read_by_themselves():
    rng = np.random.default_rng(0)
    n = 3000
    start = datetime(2024, 1, 1)
    at = [start + timedelta(hours=int(h)) for h in rng.integers(0, 24 * 7 * 6, n)]
    came = [None if lost else bool(y) for lost, y in zip(rng.random(n) < 0.1, rng.random(n) < 0.3, strict=True)]
    columns = {
        "at": at,
        "came": came,
        "said": rng.random(n) < 0.4,
        "score": rng.random(n),
        "place": rng.choice(["x", "y"], n),
    }
    table = data(**columns)
    found = question(table, table)
    windows = windows_between(min(at), max(at), "week")
    whole = read_outcomes(table, found, windows=windows)
    for window in windows:
        once = whole.side(whole.of_windows([window]))
        fresh = read_outcomes(table, found, Slice(window=window)).side()
        assert (once.rows, once.labelled, once.confusion.tolist()) == (
            fresh.rows,
            fresh.labelled,
            fresh.confusion.tolist(),
        )
        assert once.loss == fresh.loss and np.array_equal(once.curves[0].positives, fresh.curves[0].positives)
    picked = np.flatnonzero(np.array(columns["place"]) == "x")
    fresh = read_outcomes(table, found, Slice((Filter("place", "eq", ("x",)),))).side()
    assert whole.side(picked).loss == fresh.loss
    two = whole.side(whole.of_windows(windows[1:3]))
    assert two.rows == sum(whole.side(whole.of_windows([one])).rows for one in windows[1:3])


def test_rows_of_batches_become_row_numbers():
    starts = np.array([0, 3, 5])
    assert positions(starts, [(0, slice(None)), (1, slice(None))]) == slice(None)
    assert positions(starts, []).tolist() == []


# ---- labels in a table of their own


def table_of(**columns):
    return LabelTable(open_dataset(pa.table(columns), ROOT, "labels"), "key", "came")


def test_labels_are_joined_by_id_and_what_does_not_fit_is_counted():
    first, second = data(key=[1, 2], score=[0.1, 0.9]), data(key=[3, 4, 5, 6, 4], score=[0.1, 0.9, 0.5, 0.4, 0.3])
    labels = table_of(
        key=[1, 2, 3, 3, 4, 5, 5, 99, None, 6], came=[True, False, True, True, False, True, False, True, True, None]
    )
    found = question(first, second, None, labels)
    match = found.joined.match
    assert (match.rows, match.empty, match.repeated, match.contradicted, match.orphans) == (10, 2, 1, 2, 1)
    assert (match.predictions, match.unmatched) == (7, 2)  # 5 contradicted, 6 empty
    assert read_outcomes(first, found).target.tolist() == [1, 0]
    assert read_outcomes(second, found).target.tolist() == [1, 0, -1, -1, 0]
    assert isinstance(outcomes(read_outcomes(first, found), read_outcomes(second, found)), Classification)


@pytest.mark.parametrize("ids", [["1", "2"], [1.0, 2.0]], ids=["texts", "doubles"])
def test_ids_stored_otherwise_meet(ids):
    side = data(key=[1, 2], score=[0.1, 0.9])
    found = question(side, side, None, table_of(key=ids, came=["no", "yes"]))
    assert found.joined.match.unmatched == 0 and read_outcomes(side, found).target.tolist() == [0, 1]


def test_late_labels_of_numbers_and_a_column_that_has_some_already():
    side = data(key=["a", "b", "c"], said=[1.5, 2.5, 3.5], came=[1.0, None, None])
    found = question(side, side, None, table_of(key=["b"], came=[2.25]))
    assert found.task == "regression"
    assert np.array_equal(read_outcomes(side, found).target, [1.0, 2.25, np.nan], equal_nan=True)


def test_labels_without_an_id_column_are_refused():
    side = data(score=[0.1])
    with pytest.raises(UnusableData, match="joined by id"):
        join_labels(table_of(key=[1], came=[True]), [side], side.column("score").as_kind(Kind.CATEGORICAL))
