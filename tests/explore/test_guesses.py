"""What values say of columns: ids, targets and cohorts, each with its reason."""

import pyarrow as pa
import pytest

from engine.columns import Column, Kind, Role
from engine.explore.guesses import cohorts, guessed
from engine.tables.profile import Profile, profile
from engine.tables.sources import open_dataset

N = 400


def looked(**columns):
    dataset = open_dataset(pa.table(columns))
    return dataset.columns, profile(dataset, dataset.columns)


def roles(**columns):
    return {one.name: (one.role, one.why) for one in guessed(*looked(**columns))}


def test_a_target_is_named_as_its_score_is():
    found = roles(
        churn_probability=[i / N for i in range(N)], churned=[i % 2 for i in range(N)], other=[i % 2 for i in range(N)]
    )
    assert found["churned"] == (Role.TARGET, "two values, and named as the score 'churn_probability' is")
    assert found["other"][0] is Role.FEATURE
    assert roles(predicted_late=[0, 1] * 200, late=[1, 0] * 200)["late"][0] is Role.TARGET


def test_three_values_or_no_score_make_no_target():
    assert roles(churn_score=[0.1, 0.2] * 200, churned=[i % 3 for i in range(N)])["churned"][0] is Role.FEATURE
    assert roles(x=[0.1, 0.2] * 200, churned=[0, 1] * 200)["churned"][0] is Role.FEATURE


def test_what_is_different_in_every_row_is_an_id_once():
    texts = [f"k{i}" for i in range(N)]
    found = roles(who=texts, text=texts, n=list(range(N)), x=[i / 7 for i in range(N)])
    assert found["who"] == (Role.ID, "nearly every value is another, as ids are")
    assert found["text"][0] is Role.IGNORE and "unseen" in found["text"][1]
    assert found["n"][0] is Role.FEATURE and found["x"][0] is Role.FEATURE
    assert roles(n=list(range(N)))["n"][0] is Role.ID
    assert roles(n=list(range(30)))["n"][0] is Role.FEATURE  # too few to tell
    assert roles(text=[*texts[:-1], None])["text"][0] is Role.IGNORE  # an id is nowhere missing


@pytest.mark.parametrize(
    ("name", "per", "unit"),
    [
        ("ordered_at", 1, "seconds"),
        ("x", 1e3, "milliseconds"),
        ("ts", 1e6, "microseconds"),
        ("x", 1, ""),
        ("x", 1e6, ""),
    ],
)
def test_moments_as_numbers_are_no_feature_and_no_id(name, per, unit):
    moments = [int((1_704_067_200 + 1800 * i) * per) for i in range(N)]
    role, why = roles(**{name: moments})[name]
    if unit:
        assert (role, why) == (Role.TIMESTAMP, f"looks like moments, in {unit} since 1970")
        role, why = roles(when=pa.array(range(N), pa.timestamp("s")), **{name: moments})[name]
        assert role is Role.IGNORE and f"in {unit} since 1970" in why
    else:
        assert role is Role.ID
    assert roles(ordered_at=list(range(N)))["ordered_at"][0] is Role.ID  # of 1970: more likely numbers that are counted


@pytest.mark.parametrize(
    ("name", "low", "step"),
    [
        ("ean", 1_000_000_000_123, 2_600_000_000),  # 13 digits of a product
        ("time_spent_us", 1_100_000_000, 2_000_000),  # the name's unit is another
    ],
)
def test_whole_numbers_of_so_many_digits_are_no_moments(name, low, step):
    values = [low + step * (i // 2) for i in range(N)]  # nobody's id
    assert roles(**{name: values})[name][0] is Role.FEATURE


def test_moments_are_of_types_that_moments_are_read_of():
    held = Profile("at", Kind.NUMERIC, N, 0, 0, N // 2, True, limits=(1.70e9, 1.72e9))
    for type_, role in (("BIGINT", Role.TIMESTAMP), ("HUGEINT", Role.FEATURE)):
        (found,) = guessed([Column("at", type_, Kind.NUMERIC)], {"at": held})
        assert found.role is role


@pytest.mark.parametrize("name", ["createdAt", "UpdatedTS", "EVENT_TIME", "time_s"])
def test_words_of_moments_are_found_in_any_case(name):
    values = [1_700_000_000 + 60 * i for i in range(N)]
    assert roles(**{name: values})[name] == (Role.TIMESTAMP, "looks like moments, in seconds since 1970")


@pytest.mark.parametrize("kind", [int, bool])
def test_the_only_yes_and_no_beside_a_score_is_the_target(kind):
    score, late = [i / N for i in range(N)], [kind(i % 3 == 0) for i in range(N)]
    role, why = roles(score=score, late=late, n=[i % 5 for i in range(N)])["late"]
    assert role is Role.TARGET and why.startswith("the only column of yes and no")
    assert roles(score=score, late=late, weekend=late)["late"][0] is Role.FEATURE  # which of both, nobody knows
    assert roles(score=[100 * one for one in score], late=late)["late"][0] is Role.FEATURE  # no probabilities
    assert roles(x=score, late=late)["late"][0] is Role.FEATURE
    assert roles(score=score, size=[1 + i % 2 for i in range(N)])["size"][0] is Role.FEATURE


def test_what_a_name_says_stays():
    found = roles(label=[f"k{i}" for i in range(N)], user_id=[1] * N)
    assert found["label"][0] is Role.TARGET and found["user_id"] == (Role.ID, "its name looks like an id")


def offered(columns, mine, other=None):
    return cohorts(columns, mine, mine if other is None else other)


def test_cohorts_are_few_and_each_has_a_reason():
    columns, mine = looked(
        two=["a", "b"] * 200, many=[f"v{i % 40}" for i in range(N)], one=["a"] * N, most=["a"] * (N - 1) + ["b"],
        number=[i % 2 for i in range(N)],
    )  # fmt: skip
    found = offered(columns, mine)
    assert found["two"] == (True, "2 values: few enough to look at each")
    assert found["many"] == (False, "40 values: too many")
    assert found["one"] == (False, "one value: no group to compare")
    assert found["most"] == (False, "one value has nearly all rows")
    assert "number" not in found
    assert offered(columns, mine, {"two": "gone"})["two"] == (False, "production has no such column")


def test_all_cohorts_together_stay_few():
    columns, mine = looked(**{f"c{k}": [f"v{i // k % 8}" for i in range(N)] for k in (1, 2, 3)})
    taken = [name for name, (wanted, _) in offered(columns, mine).items() if wanted]
    assert taken == ["c1", "c2"]  # a third would make 512 groups
    assert offered(columns, mine)["c3"][1] == "8 values: with those above too many groups"


@pytest.mark.parametrize("values", [[], [None] * 5])
def test_nothing_is_guessed_from_nothing(values):
    found = guessed(*looked(churn_score=pa.array(values, pa.float64()), churn=pa.array(values, pa.int64())))
    assert [one.role for one in found] == [Role.SCORE, Role.FEATURE]
