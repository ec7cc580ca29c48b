"""Files that people write – monitors, access – with harm in every place: read as text, or refused with a line."""

import json

import pytest
import yaml

from engine.access.rules import parse_access
from engine.errors import InvalidAccess, InvalidMonitor, PlumblineError
from engine.explore import open_monitor
from engine.monitor.check import check_monitor
from engine.monitor.edit import edited
from engine.monitor.lines import with_field
from engine.monitor.read import parse_monitor, read_monitor
from tests.hostile.texts import STORABLE, TEXTS, WORD

ALL = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
KEPT = pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
PLAIN = "monitor: m\nreference: {path: a}\nproduction: {path: b}\n"
PLACES = (  # where people write what they like, as a file has it; the last are written by programs as a rule
    "monitor: §\nreference: {path: a}\nproduction: {path: b}\n",
    PLAIN + "description: §\n",
    PLAIN + "owner: §\n",
    PLAIN + "model: {name: §, version: {}}\n",
    PLAIN + "columns: {timestamp: §, cohorts: [§]}\n",
    PLAIN + "columns: {kinds: {§: categorical}}\n",
    PLAIN + "columns: {features: [§]}\n",
    PLAIN + "cohorts: {§: [a=1]}\n",
    PLAIN + "cohorts: {one: [§]}\n",
    PLAIN + "events: [{at: 2024-03-11, name: {}}]\n",
    PLAIN + "events: [{at: §, name: x}]\n",
    PLAIN + "thresholds: {§: {warning: 0.1, critical: 0.2}}\n",
    PLAIN + "thresholds: {psi: {warning: §, critical: 0.2}}\n",
    PLAIN + "policy: {persist: {}}\n",
    PLAIN + "policy: {max_model_age: {}}\n",
    PLAIN + "window: {every: {}}\n",
    PLAIN + "against: §\n",
    PLAIN + "against: [§]\n",
    PLAIN + "deliver: [{to: webhook, url: {}}]\n",
    PLAIN + "deliver: [{to: email, recipients: [§], sender: {}}]\n",
    PLAIN + "deliver: [{to: prometheus, path: {}}]\n",
    PLAIN + "engine: {on: spark, remote: {}}\n",
    PLAIN + "§: 1\n",
    "monitor: m\nreference: {path: {}}\nproduction: {table: §, connection: {}}\n",
    "monitor: m\nreference: {path: a, csv: {delimiter: §, nulls: [§], dates: {}}}\nproduction: {path: b}\n",
)
ACCESS = (
    "people: {§: admin}\n",
    "people: {a@b.c: {}}\n",
    "people: {a@b.c: admin}\nask: §\n",
    "people: {a@b.c: admin}\nclaims: {roles: {}}\nroles: {§: viewer}\n",
    "people: {a@b.c: admin}\nmonitors: {§: {people: [a@b.c]}}\n",
    "people: {a@b.c: admin}\nhours: §\n",
)


def quoted(text):
    """A text as YAML writes it between double quotes."""
    signs = (one if one.isascii() and one.isprintable() and one not in '"\\' else f"\\U{ord(one):08x}" for one in text)
    return f'"{"".join(signs)}"'


def said_well(error):
    """An error of ours, short enough to be read, that holds nothing of the machine's own."""
    said = str(error)
    assert all(one.isprintable() or one == "\n" for one in said), ascii(said)
    assert len(said) < 3000, len(said)
    assert WORD not in said


@ALL
def test_in_quotes_it_is_a_value_in_every_place_or_refused(text):
    for place in PLACES:
        written = place.replace("§", quoted(text))
        try:
            made = parse_monitor(written)
        except InvalidMonitor as error:
            said_well(error)
            continue
        assert len(made.digest) == 64 and WORD not in json.dumps(made.as_written())
        json.dumps(made.definition).encode()
        assert parse_monitor(yaml.safe_dump(made.as_written(), allow_unicode=True)).digest == made.digest
        if place.startswith("monitor: §") and "${" not in text:
            assert made.monitor == text


@ALL
def test_as_it_is_it_is_yaml_or_refused(text, tmp_path):
    forms = ("{}", "monitor: {}\n", PLAIN + "description: {}\n", PLAIN + "events: {}\n", "{}" + PLAIN)
    for written in (form.replace("{}", text) for form in forms):
        try:
            parse_monitor(written)
        except InvalidMonitor as error:
            said_well(error)
    path = tmp_path / "m.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(PlumblineError) as caught:
        read_monitor(path)
    said_well(caught.value)


@ALL
def test_access_is_read_or_refused(text):
    for place in ACCESS:
        for value in (quoted(text), text):
            try:
                made = parse_access(place.replace("§", value))
                assert made.people.get("a@b.c", ("admin",)) == ("admin",)
            except InvalidAccess as error:
                said_well(error)


@KEPT
def test_a_field_that_is_changed_is_read_back_as_it_was_typed(text):
    try:
        made = with_field(PLAIN, "description", text)
    except PlumblineError as error:
        said_well(error)
        return
    found = parse_monitor(made)
    assert (found.description if "${" not in text else text, found.monitor) == (text, "m")
    assert parse_monitor(edited(made, {"psi": (0.2, 0.5)}, persist="1 of 1")).monitor == "m"


@ALL
def test_a_place_of_data_is_nowhere_or_refused(text, tmp_path):
    path = tmp_path / "m.yaml"
    for place in ("{path: §}", "{table: §, connection: 'sqlite:///no.db'}", "{path: 'x.csv', csv: {delimiter: §}}"):
        path.write_text(f"monitor: m\nreference: {place}\nproduction: {{path: b}}\n".replace("§", quoted(text)))
        try:
            assert [one for one in check_monitor(path) if one.severity == "error"]
            open_monitor(read_monitor(path), tmp_path)
        except PlumblineError as error:
            said_well(error)
        else:
            raise AssertionError("nothing of this was there")
