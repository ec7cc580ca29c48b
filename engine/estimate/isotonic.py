"""Isotonic regression: the rising steps that lie nearest to a series, by pooling adjacent violators.

Source: Robertson, Wright & Dykstra (1988), Order Restricted Statistical Inference, ch. 1; the steps are scipy's.
"""

import numpy as np
from numpy.typing import NDArray

from engine.compiled import compiled
from engine.summaries import Floats


def isotonic(values: Floats, weights: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """The fitted values (n,), and where their blocks begin, (b + 1,) with n at the end.

    values: (n,) finite; weights: (n,) above zero, n > 0. As scipy.optimize.isotonic_regression, number by number.

    >>> fitted, blocks = isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4))
    >>> fitted.tolist(), blocks.tolist()
    ([1.0, 2.5, 2.5, 4.0], [0, 1, 3, 4])
    """
    pava = compiled("optimize", "_pava_pybind", "pava")
    if pava is None:
        from scipy.optimize import isotonic_regression

        found = isotonic_regression(values, weights=weights)
        return found.x, found.blocks
    starts = np.full(len(values) + 1, -1, dtype=np.intp)
    fitted, _, starts, blocks = pava(values.astype(np.float64), weights.astype(np.float64), starts)  # copies: it writes
    return fitted, starts[: blocks + 1]
