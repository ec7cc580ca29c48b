"""Every error a user can cause: what is wrong, where, what was expected, and the nearest right name.

    PlumblineError
    +-- UnknownName         a column, metric, operator, kind … that nothing answers to
    +-- UnreadableSource    a file, folder or table that cannot be opened or holds no table
    +-- UnusableData        data that cannot carry the question asked of it
    +-- InvalidFilter       a cohort that cannot be understood
    +-- InvalidMonitor      a monitor file with one or more problems, all of them listed
    +-- InvalidAccess       a file of who may do what with one or more problems: nobody gets in
    +-- Forbidden           a deed that the visitor may not do
    +-- UnusableStore       a store of runs that cannot be opened, read or written to
    +-- Cancelled           the user stopped a long computation

Pages and the command line show these texts unchanged; anything else that is raised is a defect of ours.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class PlumblineError(Exception):
    """What went wrong, in words for the person who can mend it."""

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.where, self.hint = message, where, hint

    def __str__(self) -> str:
        place = f"{plain(self.where, 500)}: " if self.where else ""
        return f"{place}{self.message}" + (f" {self.hint}" if self.hint else "")

    def document(self) -> dict[str, object]:
        """The error as the JSON document that scripts read.

        >>> UnknownName.of("metric", "pis", ["psi"]).document()["error"]["hint"]
        "Did you mean 'psi'?"
        """
        error = {"type": type(self).__name__, "message": self.message, "where": self.where, "hint": self.hint}
        return {"schema_version": 1, "kind": "error", "error": error}


class UnknownName(PlumblineError):
    """A name that nothing answers to."""

    @classmethod
    def of(cls, noun: str, name: str, known: Iterable[str], where: str | None = None) -> "UnknownName":
        """The error for a name, with the nearest of the known ones.

        >>> print(UnknownName.of("metric", "pis", ["psi", "wasserstein"]))
        Unknown metric 'pis'. Did you mean 'psi'?
        """
        return cls(f"Unknown {noun} {shown(name)}.", where=where, hint=nearest(name, known))


class UnreadableSource(PlumblineError):
    """A file, folder or table that cannot be opened, or that holds no table."""


class UnusableData(PlumblineError):
    """Data that cannot carry the question asked of it."""


class InvalidFilter(PlumblineError):
    """A filter that cannot be understood."""


class UnusableStore(PlumblineError):
    """A store of runs that cannot be opened, read or written to; its address is told without a password."""


class Cancelled(PlumblineError):
    """A computation that its user stopped."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a monitor file. line counts from 1; field is a dotted path."""

    line: int | None
    field: str
    message: str
    hint: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        place = f"line {self.line}, " if self.line else ""
        said = f"{self.message}" + (f" {self.hint}" if self.hint else "")
        return f"{place}{plain(self.field, 120)}: {plain(said, 1000)}"  # keys are whatever somebody wrote


class Forbidden(PlumblineError):
    """A deed that the visitor may not do; who can grant it is told."""


class InvalidMonitor(PlumblineError):
    """A monitor file with problems; all are told at once."""

    def __init__(self, where: str, problems: tuple[Problem, ...]) -> None:
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__(f"{count}\n" + "\n".join(f"  {problem}" for problem in problems), where=where)
        self.problems = problems


class InvalidAccess(InvalidMonitor):
    """A file of who may do what with problems; all are told at once, and nobody gets in until it is mended."""


def shown(name: str, most: int = 60) -> str:
    """A name from outside, quoted and safe to print: control characters escaped, shortened in the middle.

    >>> shown("a\\nb")
    "'a\\\\nb'"
    """
    text = repr(str(name))
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-(most // 2) :]}"


def plain(name: str, most: int = 80) -> str:
    """A name from outside for a sentence, without quotes: what cannot be seen is escaped, long names are shortened.

    >>> plain("a\\x1b[31m"), plain("größe")
    ('a\\\\x1b[31m', 'größe')
    """
    kept = str(name)[: 4 * most]
    text = "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in kept)
    return text if len(text) <= most else f"{text[: most // 2]}…{text[-(most // 2) :]}"


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint: the nearest known name, or the first few names there are.

    >>> nearest("orgin", ["origin", "carrier"])
    "Did you mean 'origin'?"
    """
    names = [str(one) for one in known]
    lower = {one.lower(): one for one in names}
    near = get_close_matches(str(name).lower(), lower, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {shown(lower[near[0]])}?"
    listed = ", ".join(shown(one) for one in sorted(names)[:12])
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"Known: {listed}{more}." if names else "There is none."
