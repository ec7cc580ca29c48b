"""Long work is watched: a few times a second it tells how far it is, and whoever watches may stop it by raising."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

LOOK = 0.25  # seconds between two looks

Given = ParamSpec("Given")
Found = TypeVar("Found")
Watch = Callable[[str], None]
Progress = Callable[[float, str], None]


@dataclass
class _Watched:
    """watch: what is called; last: when it was."""

    watch: Watch
    last: float


_watched: ContextVar[_Watched | None] = ContextVar("watched", default=None)


@contextmanager
def watched(watch: Watch | None) -> Iterator[None]:
    """Within this, long work calls watch with a sentence, or "" where it has none to say; what it raises ends it."""
    before = _watched.set(_Watched(watch, 0.0) if watch else _watched.get())
    try:
        yield
    finally:
        _watched.reset(before)


@contextmanager
def heard(progress: Progress | None) -> Iterator[Progress]:
    """A progress to tell, which is told again while something takes long within this; it may raise Cancelled.

    >>> with heard(lambda share, said: print(share, said)) as tell:
    ...     tell(0.5, "half of it")
    ...     tick("row 7 of 9")
    0.5 half of it
    0.5 row 7 of 9
    """
    if progress is None:
        yield lambda share, said: None
        return
    tell, last = progress, [(0.0, "")]

    def on(share: float, said: str) -> None:
        last[0] = share, said
        tell(share, said)

    with watched(lambda said: tell(last[0][0], said or last[0][1])):
        yield on


def tick(said: str = "") -> None:
    """Call whoever watches, if it is time. Cheap enough for every batch."""
    one = _watched.get()
    if one and (now := time.monotonic()) - one.last >= LOOK:
        one.last = now
        one.watch(said)


def waited(task: Callable[[], Found], stop: Callable[[], None]) -> Found:
    """What a task gives that cannot look up itself. stop: ends it from another thread, where who watches raised."""
    with waiting(stop) as wait:
        return wait(task)


@contextmanager
def waiting(stop: Callable[[], None]) -> Iterator[Callable[[Callable[[], Found]], Found]]:
    """A function that does one such task after the other, for which one thread is enough."""
    if _watched.get() is None:
        yield lambda task: task()
        return
    with ThreadPoolExecutor(1) as pool:
        yield lambda task: _looked_after(pool.submit(task), stop)


def _looked_after(doing: Future[Found], stop: Callable[[], None]) -> Found:
    try:
        while not wait_for([doing], LOOK).done:
            tick()
    except BaseException:
        while not wait_for([doing], LOOK / 5).done:  # what had not yet begun did not hear it
            stop()
        raise
    return doing.result()


def awaited(doing: Future[Found]) -> Found:
    """What another thread will give; whoever watches is told meanwhile, and may raise."""
    while not wait_for([doing], LOOK).done:
        tick()
    return doing.result()


def carried(task: Callable[Given, Found]) -> Callable[Given, Found]:
    """A task for another thread, watched as this one is."""
    context = copy_context()
    return lambda *given, **named: context.run(task, *given, **named)
