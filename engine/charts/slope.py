"""Places of features on both sides, joined by a line each: what gained and what lost weight in the model's answers."""

from collections.abc import Sequence
from typing import Any

from engine.attribution import RankChange
from engine.charts.drawn import Drawn
from engine.charts.theme import SIDES, colours, layout, note, plain

SHOWN = 20  # features; the least important on both sides are left out


def slope(changes: Sequence[RankChange], mode: str = "light", sides: tuple[str, str] = SIDES) -> Drawn:
    """Place 1 on top. Lines that moved by two places and more are drawn strongly, the others stay quiet."""
    c = colours(mode)
    kept = sorted(changes, key=lambda one: min(one.place_reference, one.place_production))[:SHOWN]
    rows = _rows(kept)
    data: list[dict[str, Any]] = []
    notes = [
        note(f"<b>{plain(name, 30)}</b>", mode, x=x, y=1.02, yref="paper", xanchor=anchor, yanchor="bottom")
        for x, name, anchor in ((0, sides[0], "right"), (1, sides[1], "left"))
    ]
    for one, (left, right) in zip(kept, rows, strict=True):
        moved = abs(one.change) >= 2
        colour = c["production"] if moved else c["quiet"]
        rose = f"rose {one.change:g}" if one.change > 0 else f"fell {-one.change:g}" if one.change < 0 else "kept"
        hover = (
            f"<b>{plain(one.feature)}</b><br>place {one.place_reference:g} → {one.place_production:g}, {rose}<br>"
            f"{one.share_reference:.1%} → {one.share_production:.1%} of importance<extra></extra>"
        )
        data.append(
            {
                "type": "scatter", "mode": "lines+markers", "x": [0, 1], "y": [left, right], "name": plain(one.feature),
                "line": {"color": colour, "width": 2.5 if moved else 1.2}, "marker": {"size": 7, "color": colour},
                "hovertemplate": hover,
            }
        )  # fmt: skip
        look = {"size": 12, "color": c["text"] if moved else c["soft"]}
        ends = ((0, left, one.share_reference, one.place_reference, "right", -10),
                (1, right, one.share_production, one.place_production, "left", 10))  # fmt: skip
        for x, y, share, place, anchor, shift in ends:
            words = [f"{share:.1%}", f"<b>{place:g}</b>"]
            words = [plain(one.feature, 22), *words] if x == 0 else [*words[::-1], plain(one.feature, 22)]
            notes.append(note("  ".join(words), mode, x=x, y=y, xanchor=anchor, xshift=shift, font=look))
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode, 70 + 26 * max(len(kept), 4),
                xaxis={"range": [-1.3, 2.3], "visible": False, "fixedrange": True},
                yaxis={"range": [len(kept) + 0.6, 0.4], "visible": False, "fixedrange": True},
                annotations=notes, hovermode="closest", margin={"l": 8, "r": 8, "t": 36, "b": 8},
            ),
        }
    )  # fmt: skip


def _rows(kept: Sequence[RankChange]) -> list[tuple[int, int]]:
    """Where each feature stands on both sides: its order there, so that features that tie do not lie on each other.

    >>> _rows([RankChange("a", 1, 2.5, 0.6, 0), RankChange("b", 2, 2.5, 0.4, 0)])
    [(1, 1), (2, 2)]
    """
    names = [one.feature for one in kept]
    left = [one.feature for one in sorted(kept, key=lambda one: (one.place_reference, one.place_production))]
    right = [one.feature for one in sorted(kept, key=lambda one: (one.place_production, one.place_reference))]
    return [(left.index(name) + 1, right.index(name) + 1) for name in names]
