"""Two sides of text: what is not written alike is told with the mend, and how both were read stands in the document."""

import json

import jsonschema
import pytest

from engine import compare
from engine.cli import main
from engine.errors import UnknownName
from engine.evidence.schema import run_schema
from engine.tables.sources import open_dataset
from engine.tables.text.read_alike import given_then, read_of, unlike
from engine.tables.text.text_format import TextFormat


@pytest.fixture
def sides(tmp_path):
    (tmp_path / "r.csv").write_text("a;b;at\n" + "1,5;x;13.02.2013\n2,5;y;14.02.2013\n" * 30 + "9\n")
    (tmp_path / "p.csv").write_text("a,b,at\n" + "1.5,x,2013-02-01\n2.5,y,2013-03-01\n" * 30)
    return tmp_path / "r.csv", tmp_path / "p.csv"


def test_sides_that_are_not_written_alike_are_told(sides):
    reference, production = map(open_dataset, sides)
    assert "The sides are not written alike: decimal is comma in the reference, point in production." in unlike(
        reference, production
    )
    assert unlike(production, production) == []


def test_numbers_that_are_text_on_one_side_are_named_with_the_mend(sides):
    reference, production = open_dataset(sides[0], text=TextFormat(decimal=".")), open_dataset(sides[1])
    said = [note for note in unlike(reference, production) if note.startswith("a is numeric")]
    assert said == [
        "a is numeric on one side and text in the reference. It is read with a decimal point; the choice decimal=comma "
        "reads it the other way."
    ]


def test_how_a_side_was_read_tells_choices_and_rejects_without_what_they_hold(sides):
    told = read_of(open_dataset(sides[0], text=TextFormat(decimal=",")))
    assert told["rejected"] == 1
    assert told["first"] == [{"line": 62, "column": "b", "reason": "it has 1 of 3 fields"}]
    assert told["choices"]["delimiter"] == ";"
    assert given_then(told) == TextFormat(decimal=",")
    assert given_then(None) is None


def test_the_command_line_takes_choices_for_both_sides_and_for_each(sides, tmp_path, capsys):
    reference, production = map(str, sides)
    out = tmp_path / "run.json"
    asked = [
        "compare",
        reference,
        production,
        "--reference-csv",
        "delimiter=semicolon",
        "--reference-csv",
        "decimal=comma",
    ]
    assert main([*asked, "--format", "json", "-o", str(out), "--fail-on", "never"]) == 0
    document = json.loads(out.read_text())
    jsonschema.validate(document, run_schema())
    assert document["reference"]["read"]["given"] == {"delimiter": ";", "decimal": ","}
    assert document["production"]["read"]["given"] == {}
    assert main(["compare", reference, production, "--csv", "delimter=;"]) == 2
    assert "Did you mean 'delimiter'?" in capsys.readouterr().err
    parquet = open_dataset(sides[1]).scanned[0]
    assert main(["compare", str(parquet), str(parquet), "--format", "json", "-o", str(out), "--fail-on", "never"]) == 0
    assert "read" not in json.loads(out.read_text())["reference"]


def test_check_says_where_the_choices_of_a_monitor_do_not_fit(sides, tmp_path, capsys):
    monitor = tmp_path / "m.yaml"
    lines = "monitor: m\nreference: {path: r.csv, csv: {delimiter: ','}}\n"
    lines += "production: {path: p.csv, csv: {decimal: point}}\n"
    monitor.write_text(lines)
    main(["check", str(monitor)])
    said = capsys.readouterr().out
    assert "delimiter is chosen as ','; the file looks like ';'" in said
    assert "decimal is chosen" not in said
    monitor.write_text(lines.replace("delimiter", "delimter"))
    assert main(["check", str(monitor)]) == 2
    assert "delimiter" in capsys.readouterr().out
    monitor.write_text(lines.replace("decimal: point", "decimal: x"))
    assert main(["check", str(monitor)]) == 2
    assert "no decimal mark" in capsys.readouterr().out


def test_compare_in_python_takes_choices_for_both_sides_and_for_each(sides):
    reference, production = sides
    run = compare(reference, production, csv={"delimiter": "semicolon"}, production_csv={"delimiter": "comma"})
    assert run.reference.read["given"] == {"delimiter": ";"} and run.production.read["given"] == {"delimiter": ","}
    assert compare(reference, production).reference.read["given"] == {}
    with pytest.raises(UnknownName, match="Did you mean 'decimal'") as caught:
        compare(reference, production, reference_csv={"decimel": "comma"})
    assert caught.value.where == "reference_csv"
