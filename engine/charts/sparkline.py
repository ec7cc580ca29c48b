"""A count in every window as a line of small bars, in HTML: four of them need no library that draws charts."""

from collections.abc import Sequence
from html import escape

from engine.charts.theme import colours

HEIGHT = 40  # pixels of the largest count
WIDEST = 16  # pixels of a bar where there are few
MOST = 60  # bars: more are no picture in a card, and a page of hours would be megabytes


def sparkline(
    counts: Sequence[int], windows: Sequence[str], of: str, chosen: int | None = None, mode: str = "light"
) -> str:
    """Bars from 0 to the largest count, as wide as there is room; each tells its window and count.

    counts: one a window, 0 or more, not all 0; windows: their names; of: what is counted, in words; chosen: which
    window is marked below. Where there are more than MOST, a bar is of several that follow one another: the largest.

    >>> drawn = sparkline([0, 2], ["week 1", "week <2>"], "columns", chosen=1)
    >>> drawn.count("<i "), 'title="week &lt;2&gt;: 2"' in drawn, drawn.count("solid #1a1a1a")
    (2, True, 1)
    >>> sparkline(range(100), [f"day {i}" for i in range(100)], "columns").count("<i ")
    50
    """
    c, top = colours(mode), max(counts)
    step = -(-len(counts) // MOST)
    bars = []
    for first in range(0, len(counts), step):
        some, named = counts[first : first + step], windows[first : first + step]
        count, is_chosen = max(some), chosen is not None and first <= chosen < first + step
        window = named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}, at most"
        height = f"max({100 * count / top:.1f}%, 2px)" if count else "0"
        bars.append(
            f'<i title="{escape(window)}: {count:,}" style="flex: 1 1 0; max-width: {WIDEST}px; '
            f"background: linear-gradient({c['production']}, {c['production']}) bottom / 100% {height} no-repeat; "
            f"background-origin: content-box; padding-bottom: 2px; "
            f'border-bottom: 2px solid {c["text"] if is_chosen else "transparent"}"></i>'
        )
    most = windows[list(counts).index(top)]
    said = escape(f"{of}, window by window: at most {top:,}, in {most}; {counts[-1]:,} in {windows[-1]}")
    style = f"display: flex; gap: 1px; height: {HEIGHT + 4}px; margin: 4px 0"
    return f'<div role="img" aria-label="{said}" style="{style}">{"".join(bars)}</div>'
