"""The names by which Spark is asked: each is made when it is first asked for, and dropped when nobody holds it."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import finalize

from engine.tables.spark.answers import VIEW

Make = Callable[[Any], Any]  # what reads the view's rows with a session
Still = Callable[[Any], None]  # looks with a session whether they are the same


class View(str):
    """The name of a view. Whoever holds this very text keeps the view; several may hold one name each.

    still: raises UnusableData where what the view reads is not what it was; None where that cannot be told.
    """

    still: Still | None = None


@dataclass(frozen=True, eq=False)
class Views:
    """The views of one Spark, whatever sessions it has.

    make: how each is read. holders: how many hold its name. let_go: names that were let go since the last question:
    a text may be let go in the midst of anything, so no lock is waited for then. naming: one thread at a time makes
    and drops views, so that none is dropped that was just made; guard: what is quickly done.
    """

    make: dict[str, Make] = field(default_factory=dict)
    holders: Counter[str] = field(default_factory=Counter)
    let_go: deque[str] = field(default_factory=deque)
    naming: Any = field(default_factory=threading.Lock)
    guard: Any = field(default_factory=threading.Lock)

    def hold(self, name: str, make: Make) -> View:
        """A name to hold, for what make reads."""
        view = View(name)
        with self.guard:
            self.make[name] = make
            self.holders[name] += 1
        finalize(view, self.let_go.append, name).atexit = False
        return view

    def know(self, session: Any, named: set[str], sql: str) -> None:
        """Make the views that a question asks for, and drop those that nobody holds. named: those that it has."""
        wanted = list(dict.fromkeys(VIEW.findall(sql)))
        with self.guard:
            if not self.let_go and all(one in named or one not in self.make for one in wanted):
                return
        with self.naming:
            for one in self._left(named):
                session.catalog.dropTempView(one)
            for one in wanted:
                with self.guard:
                    make = None if one in named else self.make.get(one)
                if make is not None:
                    make(session).createOrReplaceTempView(one)
                    with self.guard:
                        named.add(one)

    def _left(self, named: set[str]) -> list[str]:
        """The views of a session that nobody holds any more; they are forgotten."""
        found = []
        with self.guard:
            while self.let_go:
                one = self.let_go.popleft()
                self.holders[one] -= 1
                if self.holders[one] == 0:
                    del self.holders[one], self.make[one]
                    if one in named:
                        named.discard(one)
                        found.append(one)
        return found
