"""What needs no tool: the loop over columns that an analyst writes with pandas and scipy, and a bare scan."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if "--kernels" in sys.argv:
    from engine.cpu import choose_sort

    choose_sort()  # before numpy is imported
    sys.argv.remove("--kernels")

SCAN = "--scan" in sys.argv
sys.argv = [one for one in sys.argv if one != "--scan"]
if SCAN:
    import duckdb  # noqa: F401
else:
    import pandas as pd
    from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

from benchmarks.compare import scan, scipy_loop  # noqa: E402
from benchmarks.peers_clock import told  # noqa: E402


def loop(reference: str, production: str) -> object:
    return scipy_loop(Path(reference), Path(production))()


def bare(reference: str, production: str) -> object:
    return scan(Path(reference), Path(production))()


def planted(reference: str, production: str) -> dict[str, dict[str, object]]:
    """The measures on which tools agree about a definition: the others hang on bins."""
    first, second = pd.read_parquet(reference), pd.read_parquet(production)
    found: dict[str, dict[str, object]] = {}
    for name in first:
        x, y = first[name].dropna(), second[name].dropna()
        if pd.api.types.is_numeric_dtype(x):
            apart = ks_2samp(x, y, method="asymp").statistic
            found[name] = {"Kolmogorov-Smirnov": apart, "Wasserstein": wasserstein_distance(x, y)}
        else:
            both = pd.concat([x.value_counts(), y.value_counts()], axis=1).fillna(0).to_numpy().T
            found[name] = {"chi-squared": chi2_contingency(both, correction=False).statistic}
    return found


if __name__ == "__main__":
    if SCAN:
        told(bare, None, ("duckdb",))
    else:
        told(loop, planted, ("pandas", "scipy", "numpy"))
