"""How much each feature counts in what a model says, on both sides: importances with their standard errors, no rows.

An importance is an average over rows; what it is an average of is its source, and always said beside it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.summaries import Floats

Source = Literal["logged attributions", "surrogate η²"]
LOGGED: Source = "logged attributions"
SURROGATE: Source = "surrogate η²"
MOST = 0.8  # a feature is important if it is among those that make up so much of all importance


@dataclass(frozen=True, slots=True, eq=False)
class Importance:
    """One side. value, error: (k,) importance ≥ 0 of each feature and one standard error; not-a-number where unknown.

    rows: that were explained, or that hold a prediction.
    """

    value: Floats
    error: Floats
    rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Importances of k features on both sides, in the features' own order, all of them known.

    reference, production: (k,) ≥ 0; reference_error, production_error: (k,) standard errors. rows: of both sides.
    """

    features: tuple[str, ...]
    reference: Floats
    production: Floats
    reference_error: Floats
    production_error: Floats
    rows: tuple[int, int]
    source: Source

    @property
    def labels(self) -> tuple[str, ...]:
        """What the parts of a reading are called."""
        return self.features

    @property
    def shares(self) -> tuple[Floats, Floats]:
        """Each feature's share of all importance, per side; zeros where no feature has any. Shapes (k,), (k,)."""
        return _shares(self.reference), _shares(self.production)

    @property
    def ranks(self) -> tuple[Floats, Floats]:
        """Places per side, 1 for the most important, features that tie share the mean of theirs. Shapes (k,), (k,)."""
        return places(self.reference), places(self.production)

    @property
    def important(self) -> NDArray[np.bool_]:
        """Whether a feature is among those that make up 80 % of the importance of either side. Shape (k,).

        Either side: a feature that broke counts for less in production, one that took over for less in the reference.
        """
        return _top(self.shares[0]) | _top(self.shares[1])


def ranking(features: tuple[str, ...], reference: Importance, production: Importance, source: Source) -> Ranking | str:
    """Both sides' importances of the features that are known on both, or why there is nothing to rank.

    >>> one = Importance(np.array([0.2, np.nan, 0.1]), np.array([0.01, np.nan, 0.01]), 50)
    >>> ranking(("a", "b", "c"), one, one, LOGGED).features
    ('a', 'c')
    """
    for side, one in (("reference", reference), ("production", production)):
        if not one.rows:
            return f"the {side} slice has no row with {'attributions' if source == LOGGED else 'a prediction'}"
    known = np.isfinite(reference.value) & np.isfinite(production.value)
    if known.sum() < 2:
        return "fewer than two features have an importance on both sides, and one alone has no order"
    return Ranking(
        tuple(name for name, there in zip(features, known, strict=True) if there),
        reference.value[known],
        production.value[known],
        reference.error[known],
        production.error[known],
        (reference.rows, production.rows),
        source,
    )


def places(importance: Floats) -> Floats:
    """The place of each feature, 1 for the most important; features that tie share the mean of their places.

    >>> places(np.array([0.1, 0.3, 0.1])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, at, size = np.unique(-importance, return_inverse=True, return_counts=True)
    upto = np.cumsum(size)
    return np.asarray((upto - (size - 1) / 2)[at])


def _shares(importance: Floats) -> Floats:
    total = float(importance.sum())
    return importance / total if total > 0 else np.zeros(len(importance))


def _top(shares: Floats) -> NDArray[np.bool_]:
    """The fewest features that together reach the limit; features of equal share go together."""
    order = np.argsort(-shares, kind="stable")
    before = np.cumsum(shares[order]) - shares[order]
    last = shares[order][before < MOST - 1e-12]
    return (shares > 0) & (shares >= last.min()) if len(last) else np.zeros(len(shares), dtype=bool)
