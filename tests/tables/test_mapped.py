"""Numbers in a file answer as the same numbers in memory do."""

import os
import tempfile

import numpy as np
import pytest

from engine.tables.mapped import STEP, mapped, piece, pieces, read, upto
from engine.tables.ordered import Sorted

RANDOM = np.random.default_rng(9)
SHAPES = {
    "normal": RANDOM.normal(size=5_000),
    "one": np.array([2.5]),
    "a page": np.arange(float(STEP)),
    "a page and one": np.arange(STEP + 1.0),
    "heavy": np.concatenate([np.full(3 * STEP + 7, 1.0), RANDOM.normal(size=900), np.full(2 * STEP, -1.0)]),
    "constant": np.full(2_000, 0.5),
    "zeros": np.repeat([0.0, -0.0, 5e-324], 700),
    "odd": np.concatenate([np.repeat([np.nan, np.inf, -np.inf, 1e300], 600), RANDOM.normal(size=100)]),
}


def in_a_file(values):
    with tempfile.TemporaryFile() as file:
        file.write(values.tobytes())
        return mapped(file, values[::STEP].copy())


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_tells_places_as_an_array_does(name):
    values = np.sort(SHAPES[name])
    wanted = np.concatenate([values[::37], values[::61] + 1e-9, [-np.inf, np.inf, 0.0, 1.0, -1.0]])
    wanted = wanted[~np.isnan(wanted)]
    for start, stop in ((0, len(values)), (1, len(values)), (STEP - 1, len(values) - 3), (STEP + 5, STEP + 6), (7, 7)):
        there, here = in_a_file(values)[start:stop], values[start:stop]
        for side in ("left", "right"):
            assert np.array_equal(upto(there, wanted, side), here.searchsorted(wanted, side=side))
            assert upto(there, np.float64(1.0), side) == here.searchsorted(1.0, side=side)


@pytest.mark.parametrize("on", ["here", "Windows"])
@pytest.mark.parametrize("name", SHAPES)
def test_a_file_is_read_in_pieces(name, on, monkeypatch):
    if on == "Windows":
        monkeypatch.delattr(os, "preadv")
    monkeypatch.setattr("engine.tables.mapped.PIECE", 333)
    values = np.sort(SHAPES[name])
    there = in_a_file(values)
    assert np.array_equal(np.concatenate(list(pieces(there))), values, equal_nan=True)
    assert np.array_equal(piece(there[1:], 0, len(values) - 1), values[1:], equal_nan=True)
    assert len(piece(there, 1, 1)) == 0
    if np.isfinite(values).all() and len(values) > 1:
        first, second = Sorted(there), Sorted(values)
        assert first.deviation() == second.deviation() == pytest.approx(np.std(values, ddof=1), rel=1e-12)
        for most in (2, 5_000):
            a, b = first.distinct(most), second.distinct(most)
            assert (a is None) == (b is None) and (a is None or a.tolist() == b.tolist())


def test_a_file_goes_with_its_last_array():
    def files():
        return set(os.listdir("/proc/self/fd"))

    before = files()
    there = in_a_file(np.arange(1000.0))[10:20]
    assert len(files() - before) == 2 and there[0] == 10.0  # the map's own, and ours
    del there
    assert files() == before


def test_a_file_that_was_cut_off_is_told():
    with tempfile.TemporaryFile() as file:
        file.write(np.arange(10.0).tobytes())
        file.flush()
        with pytest.raises(OSError, match="shorter"):
            read(file.fileno(), 5, 15)


def test_a_file_that_became_shorter_is_told_on_windows_too(monkeypatch):
    monkeypatch.delattr(os, "preadv")
    with tempfile.TemporaryFile() as file:
        file.write(np.arange(9.0).tobytes())
        file.flush()
        assert read(file.fileno(), 2, 5).tolist() == [2.0, 3.0, 4.0]
        with pytest.raises(OSError, match="shorter"):
            read(file.fileno(), 5, 12)
