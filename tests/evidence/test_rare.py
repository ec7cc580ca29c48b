"""No category of few rows leaves the house by name: not in bins, sentences, reasons, cohorts, nor in any form."""

import io
import json

import pyarrow as pa
import pytest
from pypdf import PdfReader

from engine import compare
from engine.evidence.forms import FORMS, render
from engine.evidence.rare import Few, hushed
from engine.evidence.snapshot import Options
from tests.evidence.steps import bare, evidence

FEW = Few(least=5, names=("A. Roe, PhD", "J. Doe", "b"), unseen=1215, rows=2000)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Rate is 0.1; never seen before: J. Doe (2), often (1,200).", "never seen before: often (1,200), 1 rare."),
        ("C is 0.1; never seen before: J (2), often (9). Partial window: no alarm.", "often (9), 1 rare. Partial win"),
        ("Categories that the reference never had are 1.0% of the values: A (9), B, C (2).", "values: A (9), 1 rare."),
        ("Categories that the reference never had are 9% of the values: A (9), B (2), ….", "values: A (9), 1 rare, …."),
        ("Rate is 0.1; never seen before: x (90,000), J. Doe (1).", "never seen before: some that are not named here."),
        ("2 categories vanished: J. Doe, oak (3.1% of the reference).", "vanished: oak, 1 rare (3.1% of the reference"),
        ("2 categories vanished: A. Roe, PhD, oak, … (3.1% of the reference).", "vanished: oak, …, 1 rare (3.1%"),
        ("1 category vanished: J. Doe (3.1% of the reference).", "1 category vanished: 1 rare (3.1% of the ref"),
        ("45% of the PSI is oak (1.0% → 2.0%), 9% is J. Doe (0.1% → 0.2%).", "2.0%), 9% is a rare category (0.1"),
        ("PSI of a is b is 2; 9% of it is b (0.1% → 0.2%).", "PSI of a is b is 2; 9% of it is a rare category (0.1% →"),
    ],
)  # fmt: skip
def test_sentences_count_what_they_do_not_name(said, told):
    found = hushed(said, FEW)
    assert told in found and "Doe" not in found and "Roe" not in found and "PhD" not in found


def test_the_only_new_category_is_named_where_it_has_rows_enough():
    said = "The new category J. Doe is 0.1% of the values."
    assert hushed(said, Few(5, unseen=4)) == "A new category is 0.1% of the values."
    assert hushed(said, Few(5, unseen=5)) == said


def test_the_one_value_of_a_column_is_named_where_it_has_rows_enough():
    said = "c is J. Doe in all 12 rows that have a value; in the reference in 3.0%."
    assert hushed(said, Few(20, rows=12)) == "c is the same in all 12 rows that have a value; in the reference in 3.0%."
    assert hushed(said, Few(5, rows=12)) == said


def people(name: str, n: int, rest: int, others: list[str]) -> pa.Table:
    """A column of names: one stands n times, the others share the rest."""
    return pa.table({"person": [name] * n + [others[i % len(others)] for i in range(rest)]})


CASES = {
    "the only new one": ("Xaver", 0, 400, ["oak", "elm"], "Xaver", 4, 396, ["oak", "oak", "oak", "elm"]),
    "one of the new": ("Xaver", 0, 400, ["oak", "elm"], "Xaver", 3, 396, ["oak", "ash", "ash"]),
    "one that vanished": ("Xaver", 3, 97, ["oak", "elm"], "ash", 5, 3000, ["oak", "oak", "oak", "elm"]),
    "a bin": ("Xaver", 2, 48, ["oak", "elm"], "Xaver", 1, 2, ["oak", "elm", "elm"]),
}


@pytest.mark.parametrize("case", CASES)
def test_whatever_is_told_of_a_rare_name_no_form_has_it(case):
    name, *first, other, n, rest, others = CASES[case]
    run = json.loads(compare(people(name, *first), people(other, n, rest, others), metrics=None).to_json())
    assert "Xaver" in json.dumps(run), "the run itself names it, or there is nothing to hush"
    made = evidence(run, previous=run, options=Options(least_rows=6 if case == "a bin" else 5))
    for form in FORMS:
        data = render(made, form)
        assert b"Xaver" not in data, form
        if form == "pdf":
            assert "Xaver" not in bare("".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages))


def test_small_cohorts_are_left_out(run):
    rows = {"n_reference": 2, "n_production": 2, "words": "person is Xaver"}
    found = evidence(run, cohorts=[rows, {**rows, "n_production": 9, "words": "person is oak"}])["cohorts"]
    assert [one["words"] for one in found] == ["person is oak"]
