"""The metrics: one file each. To add one, copy a neighbour; the folder is the registry."""

from importlib import import_module
from pkgutil import iter_modules

from engine.errors import UnknownName
from engine.metrics.metric import Metric, Reading

__all__ = ["METRICS", "Metric", "Reading", "manual", "metric"]

_SHARED = {"metric", "confusion", "smirnov"}  # what metrics are made of
_FILES = [module.name for module in iter_modules(__path__) if module.name not in _SHARED]
METRICS: dict[str, Metric] = {
    found.key: found for found in (import_module(f"{__name__}.{name}").METRIC for name in _FILES)
}


def metric(key: str) -> Metric:
    """The metric of that key; 'ks' and the like are understood.

    >>> metric("psi").name
    'Population Stability Index'
    >>> metric("ks").key
    'kolmogorov_smirnov'
    >>> metric("pis")
    Traceback (most recent call last):
        ...
    engine.errors.UnknownName: Unknown metric 'pis'. Did you mean 'psi'?
    """
    key = SHORT.get(key, key)
    if key not in METRICS:
        raise UnknownName.of("metric", key, METRICS)
    return METRICS[key]


SHORT = {"ks": "kolmogorov_smirnov", "js": "jensen_shannon", "w1": "wasserstein", "chi2": "chi_squared"}
SHORT |= {"auc": "roc_auc", "ap": "average_precision", "bias": "mean_error"}


def manual(key: str) -> str:
    """The metric's own manual: the docstring of its file.

    >>> manual("psi").splitlines()[0]
    'Population Stability Index: how much the shares of bins have moved, in nats.'
    """
    return (import_module(metric(key).compute.__module__).__doc__ or "").strip()
