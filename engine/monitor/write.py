"""Writing a monitor as the YAML that read_monitor reads back to the same monitor, defaults left out."""

import yaml

from engine.monitor.model import Monitor


def to_yaml(monitor: Monitor) -> str:
    """The monitor as a file's text.

    >>> from engine.monitor.read import parse_monitor
    >>> text = "monitor: m\\nreference: {path: a}\\nproduction: {path: b}\\ncolumns: {cohorts: [on]}"
    >>> parse_monitor(to_yaml(parse_monitor(text))) == parse_monitor(text)
    True
    """
    fields = monitor.as_written(exclude_defaults=True)
    text: str = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=120)
    return text
