"""A compiled function of scipy without the package around it, which takes longer to import than many runs to compute.

`scipy.optimize` and `scipy.stats` import a fifth of a second and more of other things; the functions themselves stand
in small libraries of their own. Their names are scipy's affair: where one is not there, the caller asks the package.
"""

from collections.abc import Callable
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from typing import Any

import scipy


@cache
def compiled(package: str, library: str, function: str) -> Callable[..., Any] | None:
    """scipy's function, loaded alone; None where this scipy has none by that name.

    >>> compiled("optimize", "_pava_pybind", "pava") is None, compiled("optimize", "no_such", "pava")
    (False, None)
    """
    spec = PathFinder.find_spec(library, [f"{folder}/{package}" for folder in scipy.__path__])
    if spec is None or spec.loader is None:
        return None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., Any] | None = getattr(module, function, None)
    return found
