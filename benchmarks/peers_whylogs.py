"""whylogs: both sides profiled, and its drift scores of the two profiles, in an environment of its own."""

import os

os.environ["WHYLOGS_NO_ANALYTICS"] = "True"

import pandas as pd
import whylogs
from peers_clock import told
from whylogs.viz.drift.column_drift_algorithms import calculate_drift_scores

MEASURES = {"ks": "Kolmogorov-Smirnov", "chi-square": "chi-squared"}


def compute(reference: str, production: str) -> dict[str, dict[str, object]]:
    frames = (pd.read_parquet(side) for side in (reference, production))
    first, second = (whylogs.log(side.drop(columns="at", errors="ignore")).view() for side in frames)
    scores = calculate_drift_scores(target_view=second, reference_view=first, with_thresholds=True)
    return {
        name: {
            MEASURES.get(one["algorithm"], one["algorithm"]): one["statistic"],
            "verdict": one["drift_category"].lower().replace("_", " "),
        }
        for name, one in scores.items()
        if one
    }


if __name__ == "__main__":
    told(compute, compute, ("whylogs", "pandas", "numpy", "scipy"))
