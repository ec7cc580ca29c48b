"""One plain field of a monitor file changed in its text: only its own line, comments stay."""

from typing import Any

from engine.errors import InvalidMonitor, PlumblineError, UnknownName
from engine.monitor.edit import child, put, put_in_place, root, scalar
from engine.monitor.fields import MEANING
from engine.monitor.read import parse_monitor


def with_field(text: str, field: str, value: float | str | None) -> str:
    """The text of a monitor file with one field, of the file or of one of its sections, changed or added.

    field: NAME or SECTION.NAME. value: None empties it (null). Raises UnknownName for a field that there is not,
    InvalidMonitor where the value does not fit or the text was no monitor, and PlumblineError where the file is written
    in a way that this line cannot be changed in.

    >>> print(with_field("monitor: m  # mine\\nreference: {path: a}\\nproduction: {path: b}\\n", "model.name", "late"))
    monitor: m  # mine
    reference: {path: a}
    production: {path: b}
    model:
      name: "late"
    <BLANKLINE>
    """
    section, dot, name = field.rpartition(".")
    if field not in MEANING or "." in section:
        raise UnknownName.of("field", field, [one for one in MEANING if one.count(".") < 2])
    before = parse_monitor(text)
    written = "null" if value is None else scalar(value)
    if dot:
        made = put(text, section, name, written)
    else:
        known = child(root(text), name)
        end = "" if text.endswith("\n") else "\n"
        made = put_in_place(text, known, written) if known is not None else f"{text}{end}{name}: {written}\n"
    try:
        after = parse_monitor(made).as_written()
    except InvalidMonitor as error:
        if any(one.field == field for one in error.problems):
            raise
        raise _unfit(field) from error
    if _without(after, section, name) != _without(before.as_written(), section, name):
        raise _unfit(field)
    return made


def _without(fields: dict[str, Any], section: str, name: str) -> dict[str, Any]:
    if not section:
        return {key: one for key, one in fields.items() if key != name}
    return {**fields, section: {key: one for key, one in fields[section].items() if key != name}}


def _unfit(field: str) -> PlumblineError:
    return PlumblineError(f"The file is written in a way that {field} cannot be changed in.", hint="Change it by hand.")
