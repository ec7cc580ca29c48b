"""What the values themselves say about columns before there is a monitor: ids, targets, cohorts; each with a reason."""

import re
from collections.abc import Iterable, Mapping, Sequence

from engine.columns import INTEGERS, Column, Kind, Role
from engine.errors import shown
from engine.slices import SINCE_1970
from engine.tables.profile import Profile

Profiles = Mapping[str, Profile | str]

MOST, GROUPS = 12, 200  # values of a column that becomes a cohort unasked, and cohorts that all of them make together
RARE = 0.005  # share of rows below which a value is no cohort anybody can judge
STEM = 4  # letters that a target's name must share with the score's or the prediction's
KEYLIKE = 0.97  # share of different values that is taken for all of them, counted within a few percent
CLOCK = {"at", "time", "timestamp", "ts", "date", "day", "epoch", "when", "created", "updated"}  # words of moments
UNITS = {"seconds": 1.0, "milliseconds": 1e3, "microseconds": 1e6}  # of a second
SAID = {
    "s": "seconds",
    "sec": "seconds",
    "secs": "seconds",
    "ms": "milliseconds",
    "millis": "milliseconds",
    "us": "microseconds",
    "micros": "microseconds",
    "ns": "",
    "nanos": "",
} | {one: one for one in UNITS}  # by names
UNSAID = 10 * 366 * 86_400  # seconds that moments span at most whose name tells nothing: product codes span more
ENOUGH = 50  # rows below which every value may be another by chance


def guessed(columns: Sequence[Column], profiles: Profiles) -> tuple[Column, ...]:
    """The columns with the roles that their values suggest where their names suggested none."""
    taken = {one.role for one in columns}
    alone = _alone(columns, profiles)
    found = []
    for column in columns:
        held = profiles.get(column.name)
        role, why = _role(column, held, columns, taken, alone) if isinstance(held, Profile) else (None, "")
        if role is not None:
            taken.add(role)
            column = column.as_role(role, why)
        found.append(column)
    return tuple(found)


def _alone(columns: Sequence[Column], profiles: Profiles) -> str:
    """The only column of 0 and 1, or of true and false, beside a score of probabilities; "" where none is."""
    score = next((profiles.get(one.name) for one in columns if one.role is Role.SCORE), None)
    if not isinstance(score, Profile) or score.limits is None:
        return ""
    if not -0.01 <= score.limits[0] <= score.limits[1] <= 1.01:
        return ""
    found = [
        one.name for one in columns
        if isinstance(held := profiles.get(one.name), Profile) and held.distinct == 2 and not held.errors
        and (one.base == "BOOLEAN" or (one.base in INTEGERS and (held.low, held.high) == ("0", "1")))
        and one.role in (Role.FEATURE, Role.TARGET)
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def _role(
    column: Column, held: Profile, columns: Iterable[Column], taken: Iterable[Role], alone: str
) -> tuple[Role | None, str]:
    """The role that a feature's values suggest, and why; None where they suggest no other."""
    values = held.rows - held.nulls - held.errors
    if column.role is not Role.FEATURE or not values:
        return None, ""
    since = _since_1970(column, held, values)
    if since and Role.TIMESTAMP not in taken:
        return Role.TIMESTAMP, f"looks like moments, in {since} since 1970"
    if since:
        said = f"looks like moments, in {since} since 1970: as numbers they always drift"
        return Role.IGNORE, f"{said}; another column is the timestamp"
    keylike = values >= ENOUGH and held.distinct >= KEYLIKE * values and held.kind is Kind.CATEGORICAL
    keylike = keylike or (
        column.base in INTEGERS and held.rows == values >= ENOUGH and held.distinct >= KEYLIKE * values
    )
    if keylike and Role.ID not in taken and not held.nulls:
        return Role.ID, "nearly every value is another, as ids are"
    if keylike and held.kind is Kind.CATEGORICAL:
        return Role.IGNORE, "nearly every text is another: as a feature all of them would be unseen"
    if Role.TARGET not in taken and held.distinct == 2:
        for other in columns:
            if other.role in (Role.SCORE, Role.PREDICTION) and _stem(column.name, other.name) >= STEM:
                return Role.TARGET, f"two values, and named as the {other.role} {shown(other.name)} is"
        if alone == column.name:
            return Role.TARGET, "the only column of yes and no, and there is a score; if it is none, say feature"
    return None, ""


def _since_1970(column: Column, held: Profile, values: int) -> str:
    """The unit in which whole numbers are moments of the years 2001 to 2036, as far as they look like it; else "".

    Seconds are taken for moments only where the name says so too: ids have as many digits. A unit that the name says is
    the only one.

    >>> def of(name, low, high):
    ...     limits = Profile(name, Kind.NUMERIC, 100, 0, 0, 90, True, limits=(low, high))
    ...     return _since_1970(Column(name, "BIGINT", Kind.NUMERIC), limits, 100)
    >>> of("createdAt", 1.70e9, 1.72e9), of("x", 1.70e12, 1.72e12), of("ean", 1.0e12, 2.05e12), of("day_ms", 1.7e9, 2e9)
    ('seconds', 'milliseconds', '', '')
    """
    if column.base not in INTEGERS & SINCE_1970 or held.limits is None or values < ENOUGH or held.distinct < ENOUGH:
        return ""
    low, high = held.limits
    words = {one.lower() for one in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", column.name)}
    named = words & CLOCK
    if not named and high - low > UNSAID * UNITS["milliseconds"]:
        return ""
    told = {SAID[one] for one in words & SAID.keys()}
    units = told & UNITS.keys() if told else UNITS.keys() if named else {"milliseconds"}
    return next((one for one in units if low / UNITS[one] >= 1e9 and high / UNITS[one] <= 2.1e9), "")


def _stem(one: str, other: str) -> int:
    """Letters of the longest word of one name with which a word of the other begins.

    >>> _stem("churned", "churn_probability"), _stem("late", "predicted_late"), _stem("on", "only_score")
    (5, 4, 2)
    """
    longest = 0
    for mine in one.lower().split("_"):
        for word in other.lower().split("_"):
            n = 0
            while n < min(len(mine), len(word)) and mine[n] == word[n]:
                n += 1
            longest = max(longest, n if n in (len(mine), len(word)) else 0)
    return longest


def cohorts(columns: Sequence[Column], reference: Profiles, production: Profiles) -> dict[str, tuple[bool, str]]:
    """Per feature of categories whether it is looked at by its values unasked, and why or why not."""
    room, found = GROUPS, {}
    for column in columns:
        one, other = reference.get(column.name), production.get(column.name)
        if column.role is not Role.FEATURE or column.kind is not Kind.CATEGORICAL or not isinstance(one, Profile):
            continue
        if not isinstance(other, Profile):
            found[column.name] = (False, "production has no such column")
        elif not one.exact or one.distinct < 2 or one.distinct > MOST:
            many = f"{one.distinct:,} values" if one.distinct != 1 else "one value"
            found[column.name] = (False, f"{many}: no group to compare" if one.distinct < 2 else f"{many}: too many")
        elif max((n for _, n in one.top[1:2]), default=0) < RARE * one.rows:
            found[column.name] = (False, "one value has nearly all rows")
        elif one.distinct > room:
            found[column.name] = (False, f"{one.distinct} values: with those above too many groups")
        else:
            room //= one.distinct
            found[column.name] = (True, f"{one.distinct} values: few enough to look at each")
    return found
