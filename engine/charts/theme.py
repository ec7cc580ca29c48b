"""How every chart looks, light and dark: colours that the colour-blind can tell apart, marks, fonts, margins."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from engine.findings import Finding, Severity

Mode = Literal["light", "dark"]

# Okabe and Ito's colours. Red and amber are for state alone: a red production curve would make every chart an alarm.
PALETTE: dict[str, dict[str, str]] = {
    "light": {
        "reference": "#6b7280",
        "production": "#0072b2",
        "estimate": "#8f4a86",
        "warning": "#e69f00",
        "critical": "#d55e00",
        "ok": "#009e73",
        "quiet": "#6b7280",
        "text": "#1a1a1a",
        "soft": "#555b66",
        "grid": "#e4e6ea",
        "calm": "#eef1f5",
        "hatch": "#c3c8d1",
        "paper": "#ffffff",
    },
    "dark": {
        "reference": "#a9a5a0",
        "production": "#56b4e9",
        "estimate": "#dd9fce",
        "warning": "#f0c04a",
        "critical": "#ff8c42",
        "ok": "#2fc59a",
        "quiet": "#a9a5a0",
        "text": "#fafafa",
        "soft": "#b8b4af",
        "grid": "#383530",
        "calm": "#272522",
        "hatch": "#5a5650",
        "paper": "#171614",
    },
}
MARKS: dict[Severity, str] = {
    Severity.OK: "●",
    Severity.INFO: "●",
    Severity.NOT_ENOUGH_DATA: "◌",
    Severity.WARNING: "▲",
    Severity.CRITICAL: "■",
    Severity.NOT_JUDGED: "–",
}
WORDS: dict[Severity, str] = {severity: str(severity).replace("_", " ") for severity in Severity}
SYMBOLS: dict[Severity, str] = {
    Severity.OK: "circle",
    Severity.INFO: "circle",
    Severity.NOT_ENOUGH_DATA: "circle-open-dot",
    Severity.WARNING: "triangle-up",
    Severity.CRITICAL: "square",
    Severity.NOT_JUDGED: "circle",
}
SIDES = ("reference", "production")  # what charts call the two sides where nobody says otherwise
FONT = "'Source Sans', 'Source Sans Pro', system-ui, sans-serif"


def colours(mode: str) -> dict[str, str]:
    """The palette of a mode; light for anything unknown."""
    return PALETTE.get(mode, PALETTE["light"])


def colour_of(severity: Severity, mode: str) -> str:
    """The colour of a severity; production's own where there is nothing to say."""
    named = {
        Severity.CRITICAL: "critical",
        Severity.WARNING: "warning",
        Severity.NOT_ENOUGH_DATA: "quiet",
        Severity.NOT_JUDGED: "production",
    }
    return colours(mode)[named.get(severity, "production")]


def faded(colour: str, opacity: float) -> str:
    """A palette colour with an opacity.

    >>> faded("#0072b2", 0.1)
    'rgba(0,114,178,0.1)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def plain(text: object, most: int = 40) -> str:
    """Text from outside as Plotly shows it unchanged: it reads a little HTML in every label.

    What cannot be seen is escaped: a mark that turns the direction of writing would turn numbers beside it around.

    >>> plain("<b>a</b> & b"), plain("\u202e81.7%")
    ('&lt;b&gt;a&lt;/b&gt; &amp; b', '\\\\u202e81.7%')
    """
    said = " ".join(str(text)[: 4 * most].split())
    said = "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in said)
    said = said if len(said) <= most else said[: most - 1] + "…"
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def layout(mode: str, height: int, **more: Any) -> dict[str, Any]:
    """The layout that all charts share; more is laid over it, axes merged key by key."""
    c = colours(mode)
    axis: dict[str, Any] = {
        "gridcolor": c["grid"],
        "linecolor": c["grid"],
        "zeroline": False,
        "automargin": True,
        "tickfont": {"color": c["soft"], "size": 12},
        "title": {"font": {"color": c["soft"], "size": 12}},
    }
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 28, "b": 8},
        "paper_bgcolor": c["paper"],  # a picture that is saved from the dark theme stays readable on white
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": FONT, "color": c["text"], "size": 13},
        "hoverlabel": {"bgcolor": c["paper"], "bordercolor": c["soft"], "font": {"color": c["text"], "size": 13}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": 12}},
        "dragmode": False,
        "showlegend": False,
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": c["soft"], "activecolor": c["text"]},
    }
    for key in dict.fromkeys(["xaxis", "yaxis", *(name for name in more if name.startswith(("xaxis", "yaxis")))]):
        given = dict(more.pop(key, {}))
        title = {**axis["title"], **_title(given.pop("title", {}))}
        base[key] = {**axis, **given, "title": title}
    return {**base, **more}


def _title(given: str | Mapping[str, Any]) -> dict[str, Any]:
    return {"text": given} if isinstance(given, str) else dict(given)


def note(text: str, mode: str, **more: Any) -> dict[str, Any]:
    """A short label on a chart, without an arrow."""
    return {"text": text, "showarrow": False, "font": {"size": 11, "color": colours(mode)["soft"]}, **more}


def zones(
    warning: float, critical: float, top: float, bottom: float, mode: str, axis: str = "y"
) -> list[dict[str, Any]]:
    """Shaded zones beyond the thresholds, whichever way is worse; across the whole other axis."""
    c = colours(mode)
    worst = top if critical > warning else bottom
    other = "x" if axis == "y" else "y"
    return [
        {
            "type": "rect",
            "layer": "below",
            "line": {"width": 0},
            f"{axis}ref": axis,
            f"{other}ref": "paper",
            f"{axis}0": start,
            f"{axis}1": end,
            f"{other}0": 0,
            f"{other}1": 1,
            "fillcolor": faded(c[name], 0.10),
        }
        for name, start, end in (("warning", warning, critical), ("critical", critical, worst))
    ]


def first_floor(findings: Sequence[Finding | None]) -> float | None:
    """The first noise floor among findings, or None where none was computed."""
    return next((one.floor for one in findings if one is not None and one.floor is not None), None)
