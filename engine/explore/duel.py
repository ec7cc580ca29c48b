"""Champion against challenger on an opened monitor: two versions or cohorts of one slice beside each other."""

from dataclasses import dataclass, replace
from math import hypot

from engine.errors import UnknownName, plain
from engine.explore.fairness import name_of, within
from engine.explore.history import values_of
from engine.explore.look import look
from engine.explore.opened import Opened
from engine.explore.performance import performance_of
from engine.findings import Finding, Severity, three
from engine.metrics import METRICS, Metric
from engine.metrics.metric import Reading
from engine.outcomes import Outcomes
from engine.performance import BAND, METRICS_OF_OUTCOMES, VALUE
from engine.slices import Slice
from engine.slices.against import WHOLE_REFERENCE
from engine.slices.texts import joined_text


@dataclass(frozen=True, slots=True)
class Duel:
    """One metric of a champion and of a challenger. errors: one standard error of each, None where it has none.

    better: whether the challenger is; None where the difference lies within three standard errors, or none is known.
    """

    metric: str
    champion: float
    challenger: float
    errors: tuple[float | None, float | None]
    better: bool | None

    @property
    def difference(self) -> float:
        """The challenger's value less the champion's."""
        return self.challenger - self.champion

    @property
    def error(self) -> float | None:
        """One standard error of the difference: rows of both are taken as independent."""
        first, second = self.errors
        return None if first is None or second is None else hypot(first, second)

    @property
    def verdict(self) -> str:
        """Who is better, and whether chance can be it.

        >>> Duel("recall", 0.5, 0.8, (0.02, 0.03), True).verdict
        'challenger better, beyond chance'
        """
        if self.error is None:
            return "no error is known"
        if self.better is None:
            return "within chance"
        return f"{'challenger' if self.better else 'champion'} better, beyond chance"


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A champion and a challenger in one slice. labelled, rows: of the champion, and of the challenger.

    duels: metric by metric, those that are judged first; or why there are none. drift: the worst judged reading of each
    column, the challenger's rows held against the champion's, worst first.
    """

    by: str
    champion: object
    challenger: object
    labelled: tuple[int, int]
    rows: tuple[int, int]
    duels: tuple[Duel, ...] | str
    drift: tuple[Finding, ...]

    @property
    def words(self) -> str:
        """Who is better at what, in a sentence."""
        names = plain(name_of(self.champion)), plain(name_of(self.challenger))
        if isinstance(self.duels, str):
            return f"{names[1]} cannot be held against {names[0]}: {self.duels}."
        better = [METRICS[one.metric].name for one in self.duels if one.better]
        worse = [METRICS[one.metric].name for one in self.duels if one.better is False]
        told = [f"{word} in {', '.join(ones)}" for word, ones in (("better", better), ("worse", worse)) if ones]
        if not told:
            return f"{names[1]} and {names[0]} differ in no metric by more than chance."
        return f"Beyond chance, {names[1]} is {' and '.join(told)} than {names[0]}."


def duel(opened: Opened, by: str, champion: object, challenger: object, cut: Slice) -> Match:
    """Two values of a column beside each other in a slice: their columns, and every metric of predictions both have.

    A metric differs beyond chance where the difference is over three standard errors. That their rows are of another
    mix is not corrected for: the drift says how other they are. Raises UnknownName for a value that the column does not
    have, and UnusableData for a column that has no values to choose from.
    """
    known = values_of(opened, by)
    for value in (champion, challenger):
        if value not in known:
            raise UnknownName.of("value", name_of(value), [name_of(one) for one in known])
    cuts = [within(cut, by, value, cut.window) for value in (champion, challenger)]
    both = [performance_of(opened, one, WHOLE_REFERENCE).outcomes for one in cuts]
    sizes = [(one.production.labelled, one.production.rows) if not isinstance(one, str) else (0, 0) for one in both]
    rows = opened.rows(cut.window, cuts[0]), opened.rows(cut.window, cuts[1])
    return Match(
        by, champion, challenger, (sizes[0][0], sizes[1][0]), rows,
        _duels(opened, both, (champion, challenger)), _drift(opened, by, *cuts) if all(rows) else (),
    )  # fmt: skip


def _duels(opened: Opened, both: list[Outcomes | str], values: tuple[object, object]) -> tuple[Duel, ...] | str:
    for found, value in zip(both, values, strict=True):
        if isinstance(found, str):
            return found
        if not found.production.labelled:
            return f"no row of {plain(name_of(value))} has both a prediction and a label in this slice"
    made = []
    for asked in METRICS_OF_OUTCOMES:
        fits = all(isinstance(one, asked.needs) and not asked.undefined(one) for one in both)
        if fits and (asked.key != VALUE or opened.plan.terms.worth is not None):
            made.append(_duel(asked, *(asked.compute(one) for one in both)))
    seen = both[1]
    assert not isinstance(seen, str), "those were told above"
    judges = {one.key for one in METRICS_OF_OUTCOMES if opened.plan.judges_outcomes(seen, one)}
    return tuple(sorted(made, key=lambda one: one.metric not in judges)) or "no metric can be read of both"


def _duel(asked: Metric, first: Reading, second: Reading) -> Duel:
    found = Duel(asked.key, first.value, second.value, (first.error, second.error), None)
    moved = found.difference
    if asked.two_sided:  # an error of either sign is one: what counts is how far from nothing
        moved = abs(second.value) - abs(first.value)
    if found.error is None or abs(moved) <= BAND * found.error:
        return found
    return replace(found, better=(moved < 0) == (asked.worse == "higher"))


def _drift(opened: Opened, by: str, champion: Slice, challenger: Slice) -> tuple[Finding, ...]:
    """Columns of the challenger held against the champion's, without the column that tells them apart."""
    run = look(opened, challenger, f"cohort {joined_text(champion.cohort)}")
    worst: dict[str, Finding] = {}
    for one in run.worst():
        drift = one.signal in ("data_drift", "prediction_drift") and one.severity is not Severity.NOT_JUDGED
        if drift and one.column and one.column != by:
            worst.setdefault(one.column, one)
    return tuple(worst.values())


def band_words(one: Duel) -> str:
    """The difference with three standard errors.

    >>> band_words(Duel("recall", 0.5, 0.8, (0.02, 0.03), True))
    '+0.3 ± 0.108'
    """
    sign = "+" if one.difference > 0 else ""
    return f"{sign}{three(one.difference)}" + (f" ± {three(BAND * one.error)}" if one.error is not None else "")
