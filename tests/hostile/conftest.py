"""What holds at every door: nothing is run, nothing secret is told, nothing hangs."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.texts import MARK, SECRET, VARIABLE, WORD

SECONDS = 60  # of one case on a machine that does much else; a case takes milliseconds


@pytest.fixture(scope="session", autouse=True)
def secret() -> None:
    """A file and a variable that nobody may read."""
    Path(SECRET).write_text(WORD, encoding="utf-8")
    Path(MARK).unlink(missing_ok=True)


@pytest.fixture(autouse=True)
def guarded(monkeypatch, request) -> Iterator[None]:
    """Ends what takes too long, and looks afterwards whether anything was run."""
    monkeypatch.setenv(VARIABLE, WORD)

    def late(*_: object) -> None:
        raise TimeoutError(f"{request.node.name} took longer than {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS if not request.node.get_closest_marker("slow") else 10 * SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    assert not Path(MARK).exists(), "what came from outside was run"
