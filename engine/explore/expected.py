"""What an opened monitor learned about performance before labels, from the codes that it keeps."""

from engine.expected import Bins, Teacher, learned, numbers, teaching
from engine.explore.opened import Opened
from engine.tables.outcomes import OutcomeRows, unfolded
from engine.tables.rows_binned import bin_counts, bins_of_rows

NO_CODES = "there was no room to keep the data's codes, from which errors are estimated"


def bins_of(opened: Opened, side: str) -> Bins | str:
    """How the bins of rows of one side are found, or why they cannot be."""
    codes, names = opened.sides[side].codes, teaching(opened.columns, opened.built)
    if codes is None:
        return NO_CODES
    kept = codes
    return lambda chosen: bins_of_rows(kept, names, chosen)


def learned_of(opened: Opened, rows: OutcomeRows) -> Teacher | str:
    """What the reference teaches, or why it teaches nothing. rows: of the reference."""
    if not opened.plan.estimate:
        return "the monitor asks for no estimates"
    if rows.tallies is not None:
        if rows.question.task == "regression":
            return "how far off predictions are is learned row by row, and the rows lie in Spark"
        rows, _ = unfolded(rows)
    if opened.sides["production"].codes is None and rows.question.task == "regression":
        return NO_CODES
    sizes = bin_counts(opened.built, teaching(opened.columns, opened.built))
    number = numbers(rows, opened.sides["reference"].cells, opened.monitor.window.least)
    return learned(rows, number, bins_of(opened, "reference"), sizes)
