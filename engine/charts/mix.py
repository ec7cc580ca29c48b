"""Mix or behaviour: what each cohort adds to a reading by how many of its rows there are, and by what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.charts.drawn import Drawn
from engine.charts.theme import colours, layout, note, plain
from engine.findings import three

SHOWN = 12  # cohorts; those that add least are drawn as one
PARTS = ("mix", "behaviour")


@dataclass(frozen=True, slots=True)
class Share:
    """One cohort of the chart. key comes back with a click; before, after: its share of all rows, 0 to 1."""

    key: str
    words: str
    mix: float
    behaviour: float
    before: float
    after: float


def folded(shares: Sequence[Share], most: int = SHOWN) -> list[Share]:
    """The cohorts as they are drawn: most telling first, those beyond most as one, so that nothing is left out.

    >>> made = [Share(str(i), str(i), 0.1 * i, 0.0, 0.2, 0.2) for i in range(4)]
    >>> [one.words for one in folded(made, 2)]
    ['3', '2', '2 more']
    """
    found = sorted(shares, key=lambda one: -abs(one.mix + one.behaviour))
    if len(found) <= most + 1:
        return found
    rest = found[most:]
    sums = (sum(getattr(one, field) for one in rest) for field in ("mix", "behaviour", "before", "after"))
    return [*found[:most], Share("", f"{len(rest)} more", *sums)]


def summed(shares: Sequence[Share], metric: str, whole: float) -> str:
    """The two sums in words.

    >>> summed([Share("a", "a", 0.2, 0.1, 1, 1), Share("b", "b", 0.02, -0.01, 1, 1)], "PSI", 0.31)
    'PSI 0.31 = mix 0.22 + behaviour 0.09'
    """
    mix, behaviour = sum(one.mix for one in shares), sum(one.behaviour for one in shares)
    sign = "+" if behaviour >= 0 else "−"
    return f"{metric} {three(whole)} = mix {three(mix)} {sign} behaviour {three(abs(behaviour))}"


def mix_chart(shares: Sequence[Share], metric: str, mode: str = "light") -> Drawn:
    """Two bars a cohort on one scale: to the right what raises the reading, to the left what lowers it."""
    c = colours(mode)
    rows = folded(shares)
    places = list(range(len(rows)))
    names = [plain(one.words, 26) for one in rows]
    hover = [
        [one.key, plain(one.words, 60), f"{one.before:.1%} → {one.after:.1%}", three(one.mix), three(one.behaviour)]
        for one in rows
    ]
    template = (
        "<b>%{customdata[1]}</b><br>%{customdata[2]} of rows<br>"
        f"adds to {plain(metric)}: %{{customdata[3]}} by mix, %{{customdata[4]}} by behaviour<extra></extra>"
    )
    looks: dict[str, dict[str, Any]] = {
        "mix": {"color": "rgba(0,0,0,0)", "line": {"width": 1.2, "color": c["reference"]},
                "pattern": {"shape": "/", "fgcolor": c["reference"], "size": 5, "solidity": 0.35}},
        "behaviour": {"color": c["production"], "line": {"width": 0}},
    }  # fmt: skip
    data: list[dict[str, Any]] = [
        {
            "type": "bar", "orientation": "h", "name": part, "x": [getattr(one, part) for one in rows], "y": places,
            "customdata": hover, "hovertemplate": template, "marker": looks[part],
            "selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}},
        }
        for part in PARTS
    ]  # fmt: skip
    ends = [value for one in rows for value in (one.mix, one.behaviour)]
    low, high = min([0.0, *ends]), max([0.0, *ends])
    room = (high - low or 1.0) * 0.14
    notes = [
        note(f"{one.mix + one.behaviour:+.2g}", mode, x=max(one.mix, one.behaviour, 0.0), y=i, xanchor="left", xshift=4)
        for i, one in enumerate(rows)
    ]
    return Drawn(
        {
            "data": data,
            "layout": layout(
                mode,
                90 + 34 * max(len(rows), 1),
                xaxis={"title": f"what it adds to the {plain(metric)}", "range": [low - room, high + 1.4 * room],
                       "zeroline": True, "zerolinecolor": c["soft"], "fixedrange": True, "nticks": 7},
                yaxis={"tickmode": "array", "tickvals": places, "ticktext": names, "showgrid": False,
                       "range": [len(rows) - 0.5, -0.5], "fixedrange": True},
                annotations=notes,
                barmode="group",
                bargap=0.3,
                showlegend=True,
                legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 12}},
                hovermode="closest",
                clickmode="event+select",
            ),
        }
    )  # fmt: skip
