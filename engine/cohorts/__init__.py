"""Where a change comes from: mix or behaviour, and the cohorts that drift whether the whole does or not."""

from engine.cohorts.by import by
from engine.cohorts.cohort import Cohort, document
from engine.cohorts.find import Search, find, search
from engine.cohorts.mix import Split, split, split_mean
from engine.cohorts.score import cohort_metric

__all__ = ["Cohort", "Search", "Split", "by", "cohort_metric", "document", "find", "search", "split", "split_mean"]
