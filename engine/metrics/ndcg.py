r"""Normalised discounted cumulative gain: how far the model's features kept their order of importance.

When to use it: where it is known what each feature adds to a prediction (SHAP values and the like), to see whether the
    model still decides by the same things. It can move while no single feature drifts.
Reading it: 1 is the reference's order, or one that differs only among features of equal importance. Below 0.95 the
    order of what counts has changed, below 0.90 thoroughly. The parts say what each feature that fell costs: it is
    missing from the places where the reference had it; they sum to 1 less the value.
Pitfalls: it sees order, not size: importances may all double unseen. Ranks of features that count alike swap by
    chance, at almost no cost. Attributions of a sample are averages: read it beside its noise floor. A handful of
    features cannot go far below 1 (of two, 0.63 is the least).
References: Järvelin & Kekäläinen (2002) ACM Transactions on Information Systems 20(4); ties averaged after McSherry &
    Najork (2008) ECIR, as scikit-learn's ndcg_score has it.

>>> import numpy as np
>>> from engine.ranking import Importance, ranking
>>> errors = np.full(3, 0.01)
>>> sides = [Importance(np.array(one), errors, 100) for one in ([0.5, 0.3, 0.2], [0.3, 0.5, 0.1])]
>>> reading = ndcg(ranking(("origin", "hour", "seats"), *sides, "logged attributions"))
>>> round(reading.value, 4), [round(part, 4) for part in reading.parts]
(0.9065, [0.0935, 0.0, 0.0])
"""

import numpy as np

from engine.metrics.metric import Metric, Reading
from engine.ranking import Ranking
from engine.summaries import Floats


def ndcg(ranking: Ranking) -> Reading:
    """Sum of the reference's importances, each over log2(1 + its place in production's order), over the largest such.

    Parts, (k,) ≥ 0: what is lost from the first i places, weighed by how fast the discount falls there, is the features
    that fell out of them less the mean of those that came in. Features that rose have none.
    """
    gains, k = ranking.reference, len(ranking.features)
    best = float(np.sort(gains)[::-1] @ discounts(k))
    if best <= 0:
        return Reading(0.0)
    drops = -np.diff(discounts(k))
    first, second = _before(gains), _before(ranking.production)
    parts = np.zeros(k)
    for i in range(k - 1):
        moved = _within(first, i) - _within(second, i)
        out, came = np.maximum(moved, 0.0), np.maximum(-moved, 0.0)
        if (several := float(came.sum())) > 0:
            parts += drops[i] * out * np.maximum(gains - float(came @ gains) / several, 0.0)
    parts /= best
    start, size = second
    mean_discount = _means(start, size, discounts(k))
    value = float(np.clip(gains @ mean_discount / best, 0.0, 1.0))
    return Reading(value, parts=tuple(parts.tolist()))


def ndcg_of_draws(gains: Floats, importances: Floats) -> Floats:
    """The value of many rankings at once, none of which has ties that matter. Shapes (d, k), (d, k) -> (d,)."""
    discount = discounts(gains.shape[1])
    found = np.take_along_axis(gains, np.argsort(-importances, axis=1), axis=1) @ discount
    best = -np.sort(-gains, axis=1) @ discount
    return np.asarray(np.divide(found, best, out=np.ones(len(gains)), where=best > 0))


def discounts(k: int) -> Floats:
    """What the places 1 to k count for: 1 / log2(1 + place). Shape (k,)."""
    return np.asarray(1 / np.log2(np.arange(k) + 2.0))


def _before(importance: Floats) -> tuple[Floats, Floats]:
    """For each feature how many count more, and how many as much as it does, itself included."""
    _, at, size = np.unique(-importance, return_inverse=True, return_counts=True)
    return (np.cumsum(size) - size)[at].astype(np.float64), size[at].astype(np.float64)


def _within(group: tuple[Floats, Floats], i: int) -> Floats:
    """How much of each feature lies in the first i + 1 places; those that tie have an equal share of what is left."""
    start, size = group
    return np.clip((i + 1 - start) / size, 0.0, 1.0)


def _means(start: Floats, size: Floats, discount: Floats) -> Floats:
    """The mean discount of the places that each feature shares."""
    upto = np.concatenate([[0.0], np.cumsum(discount)])
    first = start.astype(np.int64)
    return np.asarray((upto[first + size.astype(np.int64)] - upto[first]) / size)


def _undefined(ranking: Ranking) -> str | None:
    if len(ranking.features) < 2:
        return "one feature alone has no order"
    return None if ranking.reference.sum() > 0 else "no feature counts for anything in the reference"


METRIC = Metric(
    key="ndcg",
    name="NDCG of feature importances",
    signal="attribution_drift",
    needs=Ranking,
    kinds=frozenset(),
    compute=ndcg,
    formula=r"\frac{\sum_f g_f / \log_2(1 + r_f)}{\sum_i g_{(i)} / \log_2(1 + i)}",
    bounds=(0.0, 1.0),
    warning=0.95,
    critical=0.90,
    worse="lower",
    symmetric=False,
    parts_of=lambda value: 1.0 - value,
    undefined=_undefined,
)
