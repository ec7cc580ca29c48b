"""Plumbline's engine: two datasets in, findings out. It knows no screen."""

from typing import TYPE_CHECKING, Any

from engine.cpu import choose_sort

choose_sort()

if TYPE_CHECKING:
    from engine.due import run_monitor
    from engine.look import compare
    from engine.run import Run

__all__ = ["Run", "compare", "run_monitor"]


def __getattr__(name: str) -> Any:
    """The door's names are imported when they are first used: a command that needs no data starts at once."""
    if name == "Run":
        from engine.run import Run

        return Run
    if name == "compare":
        from engine.look import compare

        return compare
    if name == "run_monitor":
        from engine.due import run_monitor

        return run_monitor
    raise AttributeError(f"module 'engine' has no attribute '{name}'")
