"""The whole document as sections of blocks, in reading order; PDF and HTML draw them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.evidence import cover, readings, sections, trail
from engine.evidence.blocks import Block, facts, group, mono, section, text
from engine.evidence.canonical import canonical, sha256
from engine.evidence.cards import cards
from engine.evidence.cover import FIVE
from engine.evidence.glyphs import begun

WORST = "Worst columns"  # the section that begins the second page of a brief


@dataclass(frozen=True, slots=True)
class Room:
    """What two pages hold. changes, decisions, sentences of performance: so many; words: characters of a reason or
    description; reasons: sentences of a card; rulers: readings of a card; longer: why it takes more than two pages.
    """

    changes: int
    decisions: int
    sentences: int
    words: int
    reasons: int
    rulers: int
    longer: str = ""


# The first that fits on two pages is taken; where none does, the last, which says why it is longer.
ROOMS = (Room(14, 6, 8, 400, 2, 4), Room(9, 4, 3, 200, 2, 4), Room(5, 3, 2, 120, 1, 3), Room(3, 1, 1, 80, 0, 3))


def report(snapshot: Mapping[str, Any], renderer: str, room: Room | None = None) -> dict[str, Any]:
    """Title, stamps and sections. renderer: what draws it, as a text that is printed; room: what a brief may take."""
    digest, run = sha256(canonical(snapshot)), snapshot["run"]
    title, words = cover.title_of(snapshot)
    short = snapshot["options"]["brief"]
    room = room or ROOMS[0]
    description = str((run["definition"] or {}).get("description") or "")
    return {
        "title": title,
        "words": words,
        "description": begun(description, room.words) if short else description,
        "stamps": cover.stamps(snapshot),
        "run": run["id"],
        "digest": digest,
        "paper": snapshot["options"].get("paper", "a4"),
        "sections": brief(snapshot, digest, renderer, room) if short else whole(snapshot, digest, renderer),
    }


def brief(snapshot: Mapping[str, Any], digest: str, renderer: str, room: Room) -> list[dict[str, Any]]:
    """Two pages for a weekly reading: verdict, what changed, performance, the worst five drawn, decisions."""
    run = snapshot["run"]
    drawn = cards({**snapshot, "options": {**snapshot["options"], "cards": FIVE}})
    worst = [
        {**one, "compact": True, "reasons": one["reasons"][: room.reasons], "rulers": one["rulers"][: room.rulers]}
        for one in drawn
    ]
    judged = [one for one in run["findings"] if one["severity"] != "not_judged"]
    where = facts([("Digest of the evidence (SHA-256)", mono(digest)), ("Drawn by", mono(renderer))])
    return [
        section("Verdict", [*_longer(room), _verdict(snapshot, room), cover.who(snapshot)]),
        section("What changed", _changed(snapshot, room)),
        section("Performance", _performance({**run, "findings": judged}, room)),
        section("Decisions", [*_decided(snapshot, room), where]),
        section(WORST, [{"type": "key"}, *worst] if worst else [text("No column is drawn.")], fresh=True),
    ]


def _more(shown: int, of: int, what: str) -> list[Block]:
    return [text(f"{shown} of {of} {what} are shown; the attached JSON holds all.", "soft")] if shown < of else []


def too_long(pages: int, before: int) -> str:
    """Why a brief is longer than two pages at its shortest. pages: that it takes; before: of them, those before the
    worst columns.

    >>> too_long(4, 3)
    'This brief takes more than two pages: at its shortest, what comes before the worst columns fills 3.'
    """
    parts = []
    if before > 1:
        parts.append(f"what comes before the worst columns fills {before}")
    if pages - before > 1:
        parts.append(f"the worst columns fill {pages - before}")
    return f"This brief takes more than two pages: at its shortest, {' and '.join(parts)}."


def _longer(room: Room) -> list[Block]:
    return [text(room.longer, "soft")] if room.longer else []


def _verdict(snapshot: Mapping[str, Any], room: Room) -> Block:
    made = cover.verdict(snapshot)
    return {**made, "more": begun(made["more"], 3 * room.words)}


def _changed(snapshot: Mapping[str, Any], room: Room) -> list[Block]:
    before = snapshot["previous"]
    if not before:
        return sections.changed(snapshot)
    few = {**before, "changes": before["changes"][: room.changes]}
    shown = sections.changed({**snapshot, "previous": few})
    return [*shown, *_more(len(few["changes"]), len(before["changes"]), "changes")]


def _performance(run: Mapping[str, Any], room: Room) -> list[Block]:
    """As in the whole, with fewer sentences: the table above them has every number."""
    return [
        {**one, "items": one["items"][: room.sentences]} if one["type"] == "bullets" else one
        for one in readings.performance(run)
    ]


def _decided(snapshot: Mapping[str, Any], room: Room) -> list[Block]:
    known = snapshot["decisions"]
    last: list[Mapping[str, Any]] = [
        {**one, "reason": begun(one["reason"], room.words)} for one in known[-room.decisions :]
    ]
    return [*trail.decided({**snapshot, "decisions": last}), *_more(len(last), len(known), "decisions, the last,")]


def whole(snapshot: Mapping[str, Any], digest: str, renderer: str) -> list[dict[str, Any]]:
    """Everything."""
    run = snapshot["run"]
    return [
        section("Verdict", cover.cover(snapshot, digest)),
        section("What calls for attention", sections.attention(run), fresh=True),
        section("All columns, worst first", sections.columns(run)),
        section("Columns in detail", sections.drawn(snapshot)),
        section("Prediction drift", readings.predictions(run)),
        section("Performance", readings.performance(run)),
        section("Attribution", readings.attribution(run)),
        section("Data quality", sections.quality(run)),
        section("Cohorts", sections.cohorts(snapshot)),
        section("Changes since the run before", sections.changed(snapshot)),
        section("Rules in force", trail.in_force(run)),
        section("Not computed", trail.not_computed(run)),
        section("Methods and limits", trail.methods(run)),
        section("Decisions", trail.decided(snapshot)),
        section("Sign-off", [group(trail.signed(snapshot))]),
        section("Audit trail", trail.audit(snapshot)),
        section("How to verify this evidence", [group(trail.how_to_verify(snapshot, digest, renderer))]),
    ]
