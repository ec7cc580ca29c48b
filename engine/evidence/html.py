"""The snapshot as one HTML file that needs nothing else: the same report, with charts that answer to the mouse."""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from engine.charts.bullet import bullet
from engine.charts.distribution import distribution
from engine.charts.script import plotly_script
from engine.charts.theme import Mode
from engine.evidence.blocks import MARKS, Block
from engine.evidence.findings_of import by_column, finding_of
from engine.evidence.glyphs import STACKED
from engine.evidence.report import report
from engine.findings import Part

HERE = Path(__file__).parent
MODES: tuple[Mode, ...] = ("light", "dark")
Figures = dict[str, list[dict[str, Any]]]  # mode -> charts in the order in which they stand
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)


def html(snapshot: Mapping[str, Any]) -> str:
    """The whole file as text, about 5 MB, nearly all of it Plotly's script. It fetches nothing, and says so to the
    browser; it is no substitute for the PDF, which can be drawn again byte by byte.
    """
    said = report(snapshot, "HTML, not drawn again byte by byte")
    figures: Figures = {"light": [], "dark": []}
    body, named = "", ""
    for i, one in enumerate(said["sections"], start=1):
        blocks = "".join(_block(block, snapshot, figures) for block in one["blocks"])
        body += f'<section><h2 id="part-{i}">{_text(one["title"])}</h2>{blocks}</section>'
        named += f'<li><a href="#part-{i}">{_text(one["title"])}</a></li>'
    stamps = "".join(f"<span>{_text(one)}</span>" for one in said["stamps"])
    title = f"{said['title']}, {said['words']}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_file('page.css')}</style></head><body>"
        '<a class="skip" href="#part-1">To the verdict</a>'
        f'<header><div class="stamps">{stamps}</div><div class="over">MODEL MONITORING EVIDENCE</div>'
        f"<h1>{_text(said['title'])}</h1><p>{_text(said['words'])}</p>"
        f'<p class="soft">{_text(said["description"])}</p></header>'
        f'<nav aria-label="Contents"><ul>{named}</ul></nav><main>{body}</main>'
        f'<script type="application/json" id="figures">{_json(figures)}</script>'
        f"<script>{plotly_script()}</script><script>{_file('page.js')}</script></body></html>\n"
    )


def _file(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """JSON within a script: nothing in it can end the element."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def seen(text: str) -> str:
    """A text in which what cannot be seen, or changes how its neighbours read, stands as its code point.

    >>> seen("a\\u202eb 模型")
    'a‹U+202E›b 模型'
    """
    if text.isascii() and text.isprintable():
        return text
    out, marks = [], 0
    for one in text:
        kind = unicodedata.category(one)[0]
        marks = marks + 1 if kind == "M" else 0
        out.append(one if one == " " or (kind not in "CZ" and marks <= STACKED) else f"‹U+{ord(one):04X}›")
    return "".join(out)


def _text(text: object) -> str:
    return escape(seen(str(text)))


def _cell(cell: Any) -> str:
    if isinstance(cell, str):
        return _text(cell)
    ((kind, value),) = cell.items()
    if kind == "badge":
        return f'<span class="badge {value}">{MARKS[value]} {_text(value.replace("_", " ").upper())}</span>'
    tag = {"mono": "code", "strong": "b"}.get(kind)
    return f"<{tag}>{_text(value)}</{tag}>" if tag else f'<span class="soft">{_text(value)}</span>'


def _block(block: Block, snapshot: Mapping[str, Any], figures: Figures) -> str:
    match block["type"]:
        case "text":
            return f'<p class="{block["tone"]}">{_text(block["text"])}</p>'
        case "heading":
            return f"<h3>{_text(block['text'])}</h3>"
        case "bullets":
            return f"<ul>{''.join(f'<li>{_text(one)}</li>' for one in block['items'])}</ul>" if block["items"] else ""
        case "facts":
            rows = "".join(f"<dt>{_text(name)}</dt><dd>{_cell(value)}</dd>" for name, value in block["rows"])
            return f'<dl class="{"two" if block["columns"] == 2 else ""}">{rows}</dl>'
        case "notice":
            severity = block["severity"]
            head = f"<b>{MARKS[severity]} {_text(block['title'])}</b>"
            more = (
                f"<p><strong>{_text(block['title-more'])}</strong> {_text(block['more'])}</p>" if block["more"] else ""
            )
            return f'<div class="notice {severity}">{head}<span>{_text(block["text"])}{more}</span></div>'
        case "table":
            return _table(block)
        case "group":
            return f'<div class="group">{"".join(_block(one, snapshot, figures) for one in block["blocks"])}</div>'
        case "card":
            return _card(block, snapshot, figures)
        case _:
            return ""  # the key of the printed charts: these have legends of their own


def _table(block: Block) -> str:
    if not block["rows"]:
        return f'<p class="soft">{_text(block["empty"])}</p>'
    sides = [f' class="{one}"' for one in block["align"]]
    head = "".join(f'<th{side} scope="col">{_text(one)}</th>' for one, side in zip(block["head"], sides, strict=True))
    rows = "".join(
        f"<tr>{''.join(f'<td{side}>{_cell(one)}</td>' for one, side in zip(row, sides, strict=True))}</tr>"
        for row in block["rows"]
    )
    kind = ' class="tall"' if block["tall"] else ""
    table = f"<table{kind}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="scroll" tabindex="0" role="region" aria-label="Table">{table}</div>'


def _card(card: Block, snapshot: Mapping[str, Any], figures: Figures) -> str:
    """A card: charts from the findings themselves, and the bins as a table that needs no script."""
    places = []
    for sentence, figure in _figures(card, snapshot):
        words = f'<p class="soft">{_text(sentence)}</p>' if sentence else ""
        place = f'class="plot" data-figure="{len(figures[MODES[0]])}" role="img" aria-label="{_text(card["alt"])}"'
        places.append(f"{words}<div {place}></div>")
        for mode in MODES:
            figures[mode].append(figure[mode])
    bins = "".join(
        f"<tr><td>{one['no']}</td><td>{_text(one['label'])}</td>"
        + "".join(f'<td class="r">{_text(one[name])}</td>' for name in ("reference", "production", "score"))
        + "</tr>"
        for one in card["bins"]
    )
    head = "".join(
        f'<th scope="col">{one}</th>' for one in ("", "Bin", "Reference", "Production", f"Of {card['short']}")
    )
    rows = f"<table><thead><tr>{head}</tr></thead><tbody>{bins}</tbody></table>"
    listed = f'<details class="scroll"><summary>Bins</summary>{rows}</details>'
    title = f"<span>{card['place']}. {_text(card['title'])}</span>{_cell({'badge': card['severity']})}"
    return (
        f'<div class="card"><h3>{title}</h3>'
        f'<p class="soft">{_text(" · ".join(filter(None, (card["kind"], card["rows"]))))}</p>{"".join(places)}'
        f"<p>{_text(' '.join(card['reasons']))}</p>{listed if bins else ''}</div>"
    )


def _figures(card: Block, snapshot: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """The bins of a card as they were scored, then each judged reading on its ruler, below its sentence; by mode."""
    rows = by_column(snapshot["run"]["findings"])[card["column"]]
    drawn = next((one for one in rows if one["metric"] == card["drawn"] and one["parts"]), None)
    if drawn:
        parts = [Part(**{**one, "label": seen(one["label"])}) for one in drawn["parts"]]
        names = card["metric"], seen(card["title"]), card["ordered"]
        yield "", {one: json.loads(distribution(parts, *names, mode=one).to_json()) for one in MODES}
    for one in rows:
        if one["metric"] in card["judged"]:
            found = finding_of({**one, "parts": None})
            yield one["sentence"], {mode: json.loads(bullet(found, mode).to_json()) for mode in MODES}
