"""Choices for text files: words and characters, what is refused with the nearest right name, what goes over what."""

import pytest

from engine.errors import PlumblineError, UnknownName
from engine.tables.text.text_format import TextFormat, text_format, typed_format


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("delimiter=;", {"delimiter": ";"}),
        ("delimiter=tab", {"delimiter": "\t"}),
        ("delimiter==", {"delimiter": "="}),
        ("delimiter=,", {"delimiter": ","}),
        ("decimal=Comma", {"decimal": ","}),
        ("quote=none", {"quote": ""}),
        ("header=0", {"header": 0}),
        ("header=yes", {"header": 1}),
        ("nulls=NA,-,", {"nulls": ("NA", "-", "")}),
        ("encoding=LATIN1", {"encoding": "latin-1"}),
        ("dates=%d.%m.%Y", {"dates": "%d.%m.%Y"}),
        ("dates=iso", {"dates": ""}),
    ],
)
def test_words_and_characters_mean_the_same(typed, chosen):
    assert typed_format([typed]).chosen == chosen


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["delimeter=;"], "Unknown choice 'delimeter'. Did you mean 'delimiter'?"),
        (["delimiter"], "'delimiter' is not NAME=VALUE"),
        (["delimiter=;;"], "one character"),
        (["delimiter="], "one character"),
        (["quote=\n"], "one character"),
        (["decimal=x"], "no decimal mark"),
        (["header=many"], "a number from 0 to 10"),
        (["header=²"], "a number from 0 to 10"),
        (["skip=-1"], "a number from 0"),
        (["encoding=utf9"], "Unknown encoding 'utf9'"),
        (["encoding=base64"], "Unknown encoding"),
        (["dates=dd.mm"], "written as in %d.%m.%Y"),
        (["delimiter=;", "delimiter=,"], "given twice"),
        (["delimiter=single", "quote=single"], "cannot both be"),
        (["decimal=comma", "thousands=comma"], "cannot both be"),
    ],
)
def test_what_cannot_be_is_refused_in_words(typed, said):
    with pytest.raises(PlumblineError) as raised:
        typed_format(typed)
    assert said in str(raised.value)


def test_nothing_typed_is_no_choice():
    assert typed_format([]) is None
    with pytest.raises(UnknownName):
        text_format({"sep": ";"})


def test_choices_go_over_what_was_sniffed_and_their_reasons_with_them():
    sniffed = TextFormat(delimiter=",", decimal=".", why={"delimiter": "a guess", "decimal": "another"})
    found = TextFormat(delimiter=";").over(sniffed)
    assert (found.delimiter, found.decimal, found.why) == (";", ".", {"decimal": "another"})
