"""Steady: whether files are still what they were when they were opened, so that nothing mixes two versions of them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import Cancelled, UnusableData, shown
from engine.tables.cache import State, state


@dataclass(frozen=True, slots=True)
class Steady:
    """Files and what told that they are the same: their sizes, times and numbers."""

    states: Mapping[Path, State]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Read within this: whatever goes wrong because a file changed meanwhile is told as that, as check does."""
        try:
            yield
        except Cancelled:
            raise
        except Exception:
            self.check()
            raise
        self.check()

    def check(self) -> None:
        """Raises UnusableData for a file that was replaced, cut off, written on or removed since."""
        for path, before in self.states.items():
            try:
                now = state(path)
            except OSError:
                raise gone(str(path)) from None
            if now != before:
                raise changed(str(path))


def gone(path: str) -> UnusableData:
    """The error for a file that is not there any more, wherever it lies."""
    return UnusableData(
        "The file is gone; it was there when it was opened.",
        where=shown(path),
        hint="Put it back, or name the file that took its place.",
    )


def changed(path: str) -> UnusableData:
    """The error for a file that is another than it was, wherever it lies."""
    return UnusableData(
        "The file changed while it was read, so what was read of it is not kept.",
        where=shown(path),
        hint="Try again. Write a new file beside it and rename that, then nobody reads half of one.",
    )


def steady(paths: Iterable[Path]) -> Steady:
    """The files as they are now. Raises UnusableData for one that is not there."""
    found = {}
    for path in paths:
        try:
            found[path] = state(path)
        except OSError as error:
            said = f"The file cannot be read: {error.strerror}."
            raise UnusableData(said, where=shown(str(path))) from None
    return Steady(found)
