"""What production is held against, in words: on charts in two, in the sentence under the title in full."""

from engine.slices import Slice
from engine.slices.against import EVERYONE_ELSE, LAST_YEAR, PREVIOUS, SAME_COHORT, WHOLE_REFERENCE, Against

WORDS = {
    SAME_COHORT: "the same cohort of the reference",
    WHOLE_REFERENCE: "the whole reference",
    EVERYONE_ELSE: "everyone else in production",
}


def words(text: str, held: Against) -> str:
    """As it stands in a sentence: against …"""
    return WORDS.get(text, held.words)


def names(text: str, cut: Slice, held: Against, unit: str) -> tuple[str, str]:
    """The two sides as charts call them, what production is held against first.

    >>> names(EVERYONE_ELSE, Slice(), Against("production", Slice()), "week")
    ('everyone else', 'this cohort')
    """
    if held.side == "reference":
        return "reference", "production"
    if text == EVERYONE_ELSE:
        return ("this cohort", "everyone else") if cut.without else ("everyone else", "this cohort")
    if text in (PREVIOUS, LAST_YEAR) or text.startswith("trailing "):
        return text.replace("window", unit), f"this {unit}"
    if text.startswith("cohort "):
        return Slice(held.cut.cohort).words, Slice(cut.cohort, without=cut.without).words
    window = held.cut.window
    if window and cut.window and window.end == cut.window.start and window.start < cut.window.start:
        day = f"{window.end.day} {window.end:%B %Y}"
        return f"before {day}", f"since {day}"
    return window.words if window else "all time", cut.window.words if cut.window else "all time"
