"""NannyML's univariate drift with the metrics that both have, in an environment of its own; production is one chunk."""

import os

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml
import pandas as pd
from peers_clock import told

MEASURES = {
    "jensen_shannon": "Jensen-Shannon",
    "kolmogorov_smirnov": "Kolmogorov-Smirnov",
    "wasserstein": "Wasserstein",
    "chi2": "chi-squared",
}


def compute(reference: str, production: str) -> dict[str, dict[str, object]]:
    first, second = pd.read_parquet(reference), pd.read_parquet(production)
    columns = [name for name in first if name != "at"]
    texts = [name for name in columns if not pd.api.types.is_numeric_dtype(first[name])]
    asked = nannyml.UnivariateDriftCalculator(
        column_names=columns,
        treat_as_categorical=texts,
        continuous_methods=["jensen_shannon", "kolmogorov_smirnov", "wasserstein"],
        categorical_methods=["jensen_shannon", "chi2"],
        chunk_number=1,
    ).fit(first)
    done = asked.calculate(second).filter(period="analysis").to_df()
    found: dict[str, dict[str, object]] = {name: {} for name in columns}
    for name, key, what in done.columns:
        if name in found and what == "value":
            found[name][MEASURES[key]] = done[(name, key, what)].iloc[0]
    return found


if __name__ == "__main__":
    told(compute, compute, ("nannyml", "pandas", "numpy", "scipy"))
