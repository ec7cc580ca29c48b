"""The cohorts of a run that drift, searched in its data where they are at hand: bounded in time, and told when not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from engine.asked import plan_of
from engine.cohorts.cohort import row
from engine.errors import Cancelled, PlumblineError
from engine.evidence.again import opened_as_then, slice_of
from engine.evidence.variables import without_values
from engine.explore.cohorts import found
from engine.explore.opened import open_datasets
from engine.monitor import Monitor

SECONDS = 30.0  # a search takes at most, asked between its steps
MOST = 200  # cohorts that are kept, the most telling first


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found. cohorts: rows as the verb cohorts writes them, None where there was no search; words: how it
    was searched, or why not.
    """

    cohorts: tuple[Mapping[str, Any], ...] | None
    words: str


def cohorts_of(
    document: Mapping[str, Any],
    seconds: float = SECONDS,
    base: Path | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Searched:
    """The cohorts in which a column of a run's slice drifts, by PSI. document: of the run, as it was recorded; base: a
    folder that relative paths may start from; progress: is told the share that is done and what is done now, and ends
    the search by raising Cancelled. Whatever stands in the way is told, never raised.
    """
    run, until = document, monotonic() + seconds
    if run["asked"] is None:
        return Searched(None, _not("the run does not say how it was asked"))
    known: dict[str, str] = {}

    def tell(share: float, said: str) -> None:
        if monotonic() > until:
            raise Cancelled("The search took too long.")
        if progress is not None:
            progress(share, said)

    try:
        tell(0.0, "reading the files")
        sides, labels = opened_as_then(run, {}, base, known)
        if any(
            side.sha256 != run[name]["sha256"] for name, side in zip(("reference", "production"), sides, strict=True)
        ):
            return Searched(None, _not("the data are not those of the run any more"))
        places = {"reference": {"path": sides[0].name}, "production": {"path": sides[1].name}}
        try:
            monitor = Monitor.model_validate(run["definition"] or {"monitor": "comparison", **places})
        except ValueError:  # a later version wrote fields of a monitor that this one does not know
            return Searched(None, _not("the monitor was written by another version"))
        opened = open_datasets(monitor, *sides, lambda share, said: tell(0.6 * share, said), labels, base)
        search = found(replace(opened, plan=plan_of(run["asked"])), slice_of(run["slice"]), run["asked"]["against"],
                       progress=lambda share, said: tell(0.6 + 0.4 * share, said))  # fmt: skip
    except Cancelled:
        if monotonic() <= until:
            return Searched(None, _not("somebody stopped it"))
        return Searched(None, _not(f"it would have taken more than {seconds:g} seconds"))
    except PlumblineError as error:
        said = without_values(error, known)
        return Searched(None, _not(said[:1].lower() + said[1:].rstrip(".")))
    words = (
        f"{search.tested:,} cohorts × columns were asked, cohorts of 1 % of the rows and 100 of them; of those listed, "
        "about 5 % at most are there by chance."
    )
    if len(search.cohorts) > MOST:
        words += f" The first {MOST} of {len(search.cohorts):,} are kept."
    return Searched(tuple(row(one) for one in search.cohorts[:MOST]), " ".join([words, *search.notes]))


def _not(why: str) -> str:
    return f"Cohorts that drift were not searched: {why}."
