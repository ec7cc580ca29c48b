"""Reference against production on the scored bins, and below it what each bin adds to the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import SIDES, colours, faded, layout, note, plain
from engine.findings import Part

MOST = 0.6  # bins are marked until together they make up this share of the score
SHOWN = 20  # categories; the others are drawn as one bar
LAST = ("", "other", "unseen")  # the first stands for every other label


@dataclass(frozen=True, slots=True)
class Bin:
    """One drawn bin: shares of both sides, 0 to 1, and its share of the score (None where the score has no parts)."""

    label: str
    reference: float
    production: float
    score: float | None


def bins_of(parts: Sequence[Part], ordered: bool) -> list[Bin]:
    """The bins as they are drawn: in order, or categories by what they add, rare ones as one, other and unseen last.

    >>> parts = [Part("a", 0.5, 0.5, 0.0), Part("other", 0.2, 0.1, 0.4), Part("b", 0.3, 0.4, 0.1)]
    >>> [one.label for one in bins_of(parts, ordered=False)]
    ['b', 'a', 'other']
    """
    total = sum(part.part or 0.0 for part in parts)
    known = all(part.part is not None for part in parts) and total > 0
    found = [Bin(p.label, p.reference, p.production, (p.part or 0.0) / total if known else None) for p in parts]
    if ordered:
        return found
    place = {label: i for i, label in enumerate(LAST)}
    found.sort(key=lambda one: (place.get(one.label, 0), -(one.score or 0.0), -abs(one.production - one.reference)))
    if len(found) <= SHOWN + 2:
        return found
    named = [one for one in found if one.label not in LAST]
    rest = named[SHOWN:]
    folded = Bin(
        f"{len(rest)} more",
        sum(one.reference for one in rest),
        sum(one.production for one in rest),
        sum(one.score or 0.0 for one in rest) if known else None,
    )
    return [*named[:SHOWN], folded, *(one for one in found if one.label in LAST)]


def main_bins(bins: Sequence[Bin]) -> list[int]:
    """The fewest bins that make up most of the score, at most four, in order.

    >>> main_bins([Bin("a", 0, 0, 0.1), Bin("b", 0, 0, 0.7), Bin("c", 0, 0, 0.2)])
    [1]
    """
    order = sorted(range(len(bins)), key=lambda i: -(bins[i].score or 0.0))
    chosen, sum_ = [], 0.0
    for i in order[:4]:
        if sum_ >= MOST or not bins[i].score:
            break
        chosen.append(i)
        sum_ += bins[i].score or 0.0
    return sorted(chosen)


def distribution(
    parts: Sequence[Part],
    metric: str,
    column: str,
    ordered: bool,
    mode: str = "light",
    sides: tuple[str, str] = SIDES,
) -> Drawn:
    """ordered: bins have an order, so production is a stepped line over reference bars; else bars stand in pairs.

    sides: what the two are called, where the one that production is held against is not the reference.
    """
    c = colours(mode)
    first, second = (plain(side) for side in sides)
    bins = bins_of(parts, ordered)
    places = list(range(len(bins)))
    labels = [plain(one.label, 18) for one in bins]
    p, q = [one.reference for one in bins], [one.production for one in bins]
    scored = any(one.score is not None for one in bins)
    hover = [
        [plain(b.label), f"{b.reference:.2%}", f"{b.production:.2%}", "–" if b.score is None else f"{b.score:.1%}"]
        for b in bins
    ]
    template = (
        f"<b>%{{customdata[0]}}</b><br>{first} %{{customdata[1]}}<br>{second} %{{customdata[2]}}"
        f"<br>%{{customdata[3]}} of {plain(metric)}<extra></extra>"
    )
    bars: dict[str, Any] = {"type": "bar", "x": places, "customdata": hover, "hovertemplate": template}
    hatched = {
        "color": faded(c["reference"], 0.30),
        "line": {"width": 0},
        "pattern": {"shape": "/", "fgcolor": c["reference"], "size": 6, "solidity": 0.25},
    }
    data: list[dict[str, Any]] = [{**bars, "y": p, "name": first, "marker": hatched}]
    if ordered:
        steps = {"x": [-0.5, *places, len(bins) - 0.5], "y": [q[0], *q, q[-1]] if q else []}
        line = {"color": c["production"], "width": 2.5, "shape": "hvh"}
        data[0]["width"] = 0.94
        data.append({"type": "scatter", "mode": "lines", "name": second, "line": line, "hoverinfo": "skip", **steps})
    else:
        data.append({**bars, "y": q, "name": second, "marker": {"color": c["production"]}})
    if scored:
        scores = [one.score or 0.0 for one in bins]
        marker = {"color": c["production"], "opacity": 0.55}
        data.append({**bars, "y": scores, "name": "part of the score", "yaxis": "y2", "marker": marker, "width": 0.6})
        data[-1]["showlegend"] = False
    chosen = main_bins(bins)
    shades = [
        {
            "type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": faded(c["production"], 0.12),
            "xref": "x", "yref": "paper", "x0": i - 0.5, "x1": i + 0.5, "y0": 0, "y1": 1,
        }
        for i in chosen
    ]  # fmt: skip
    marks = [
        note(
            f"<b>{bins[i].score:.0%}</b>", mode, x=i, y=1, xref="x", yref="paper", yanchor="bottom",
            font={"size": 12, "color": c["text"]},
        )
        for i in chosen
    ]  # fmt: skip
    ticks = {"tickmode": "array", "tickvals": places, "ticktext": labels, "tickangle": -40 if len(bins) > 5 else 0}
    x = {**ticks, "range": [-0.5, len(bins) - 0.5], "showgrid": False, "title": plain(column, 60)}
    x["anchor"] = "y2" if scored else "y"
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode,
                440 if scored else 360,
                xaxis=x,
                yaxis={"tickformat": ".0%", "title": "share of rows", "domain": [0.36, 1] if scored else [0, 1]},
                yaxis2={"tickformat": ".0%", "title": "of the score", "domain": [0, 0.24], "nticks": 3}
                if scored else {"visible": False},
                shapes=shades,
                annotations=marks,
                barmode="overlay" if ordered else "group",
                bargap=0.06 if ordered else 0.25,
                showlegend=True,
                legend={"orientation": "h", "x": 0, "y": 1.07, "yanchor": "bottom", "font": {"size": 12}},
                margin={"l": 8, "r": 8, "t": 56, "b": 8},
                hovermode="closest" if not ordered else "x",
            ),
        }
    )  # fmt: skip
