"""Noise floors: how large a reading can be when nothing changed."""

from engine.noise.floor import Floor, FloorBasis
from engine.noise.rows import row_floor
from engine.noise.windows import NO_WINDOWS, WindowFloors, displaced, displacement, window_floors

__all__ = [
    "NO_WINDOWS",
    "Floor",
    "FloorBasis",
    "WindowFloors",
    "displaced",
    "displacement",
    "row_floor",
    "window_floors",
]
