"""What can be done here and which roles may: the one table that the door, the pages and the manual read."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import UnknownName

VIEWER, ANALYST, REVIEWER, ADMIN = "viewer", "analyst", "reviewer", "admin"
ROLES = {
    VIEWER: "reads what is on record: monitors, windows, reviews, evidence",
    ANALYST: "brings data in and asks anything of the data of the monitors that are seen",
    REVIEWER: "decides, signs and takes evidence out of the house",
    ADMIN: "changes monitors and limits; sees every monitor and may do all",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that can be done. words: as in 'you may not …'; roles: who may, besides an admin."""

    key: str
    words: str
    roles: frozenset[str]


def _row(key: str, words: str, *roles: str) -> Deed:
    return Deed(key, words, frozenset((*roles, ADMIN)))


ROWS = (
    _row("look", "look at monitors, runs, reviews and evidence", VIEWER, ANALYST, REVIEWER),
    _row("verify", "hold a file against the ledger", VIEWER, ANALYST, REVIEWER),
    _row("explore", "ask the data: columns, cohorts, filters, any span of time", ANALYST, REVIEWER),
    _row("name", "save, rename or delete a named cohort", ANALYST, REVIEWER),
    _row("try", "try other thresholds on the windows that were", ANALYST, REVIEWER),
    _row("recompute", "compute the numbers of a file again from its data", ANALYST, REVIEWER),
    _row("upload", "bring a file in", ANALYST),
    _row("record", "put a run on record", ANALYST, REVIEWER),
    _row("decide", "decide about findings", REVIEWER),
    _row("mute", "mute findings", REVIEWER),
    _row("sign", "sign a run", REVIEWER),
    _row("export", "take evidence out as a file", REVIEWER),
    _row("point", "point to a path or an address on the server's side"),
    _row("edit", "change a monitor's file"),
    _row("limits", "save thresholds"),
)
DEEDS = {one.key: one for one in ROWS}


def deed_of(key: str) -> Deed:
    """The deed of a name. Raises UnknownName with the nearest.

    >>> sorted(deed_of("decide").roles)
    ['admin', 'reviewer']
    """
    if key not in DEEDS:
        raise UnknownName.of("deed", key, DEEDS)
    return DEEDS[key]


def either(names: Iterable[str]) -> str:
    """Roles as they stand in a sentence, in the order of ROLES.

    >>> either({"admin", "viewer", "reviewer"})
    'viewer, reviewer or admin'
    """
    given = set(names)
    *first, last = [one for one in ROLES if one in given]
    return f"{', '.join(first)} or {last}" if first else last


def as_table() -> str:
    """Deeds by roles as a Markdown table, for the manual.

    >>> as_table().splitlines()[2]
    '| look at monitors, runs, reviews and evidence | ● | ● | ● | ● |'
    """
    head = f"| may | {' | '.join(ROLES)} |\n|---|{':-:|' * len(ROLES)}\n"
    return head + "".join(
        f"| {one.words} | {' | '.join('●' if role in one.roles else '–' for role in ROLES)} |\n" for one in ROWS
    )
