"""Links to the dashboard: the very view that a message speaks of, as its pickers write it into the address."""

import os
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

from engine.deliver.event import Told
from engine.signals import PERFORMANCE
from engine.slices import Window

LONGEST = 2000  # characters
VARIABLE = "PLUMBLINE_URL"  # where the dashboard is reached, as in https://plumbline.example.com


def link_of(
    monitor: str, window: Window | None, against: str, cohort: str = "", told: Sequence[Told] = ()
) -> str | None:
    """The address of the view; None where PLUMBLINE_URL does not say where the dashboard is.

    Names that make it longer than receivers take are left out: it leads to the dashboard then. told: findings, the
    worst first: the first that is about a column leads to its page, performance to its own.
    """
    base = os.environ.get(VARIABLE, "").strip().rstrip("/")
    if urlsplit(base).scheme not in ("http", "https") or not all(one.isprintable() for one in base):
        return None
    params = {"monitor": monitor, "against": "same cohort" if against == "reference" else against}
    params |= {"window": window.text} if window else {"window": "all time"}
    params |= {"filter": cohort} if cohort else {}
    worst = told[0] if told else None
    page = ""
    if worst is not None and worst.column is not None:
        page, params["column"] = "column", worst.column
    elif worst is not None and worst.signal == PERFORMANCE:
        page = "performance"
    link = f"{base}/{page}?{urlencode(params, errors='replace')}"
    return link if len(link) <= LONGEST else f"{base}/"
