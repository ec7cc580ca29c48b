"""The whole document as sections of blocks, in reading order; PDF and HTML draw them."""

from collections.abc import Mapping
from typing import Any

from engine.evidence import cover, readings, sections, trail
from engine.evidence.blocks import facts, mono, section, text
from engine.evidence.canonical import canonical, sha256
from engine.evidence.cards import cards
from engine.evidence.cover import FIVE

CHANGES = 14  # that two pages list


def report(snapshot: Mapping[str, Any], renderer: str) -> dict[str, Any]:
    """Title, stamps and sections. renderer: what draws it, as a text that is printed."""
    digest, run = sha256(canonical(snapshot)), snapshot["run"]
    title, words = cover.title_of(snapshot)
    of = brief if snapshot["options"]["brief"] else whole
    return {
        "title": title,
        "words": words,
        "description": str((run["definition"] or {}).get("description") or ""),
        "stamps": cover.stamps(snapshot),
        "run": run["id"],
        "digest": digest,
        "sections": of(snapshot, digest, renderer),
    }


def brief(snapshot: Mapping[str, Any], digest: str, renderer: str) -> list[dict[str, Any]]:
    """Two pages for a weekly reading: verdict, what changed, performance, the worst five drawn, decisions."""
    run = snapshot["run"]
    drawn = cards({**snapshot, "options": {**snapshot["options"], "cards": FIVE}})
    worst = [{**one, "compact": True, "reasons": one["reasons"][:2]} for one in drawn]
    before = snapshot["previous"]
    if before and len(before["changes"]) > CHANGES:
        few = {**before, "changes": before["changes"][:CHANGES]}
        more = f"The first {CHANGES} of {len(before['changes'])} are shown; the attached JSON holds all."
        changed = [*sections.changed({**snapshot, "previous": few}), text(more, "soft")]
    else:
        changed = sections.changed(snapshot)
    judged = [one for one in run["findings"] if one["severity"] != "not_judged"]
    where = facts([("Digest of the evidence (SHA-256)", mono(digest)), ("Drawn by", mono(renderer))])
    return [
        section("Verdict", [cover.verdict(snapshot), cover.who(snapshot)]),
        section("What changed", changed),
        section("Performance", readings.performance({**run, "findings": judged})),
        section("Decisions", [*trail.decided(snapshot), where]),
        section("Worst columns", [{"type": "key"}, *worst] if worst else [text("No column is drawn.")], fresh=True),
    ]


def whole(snapshot: Mapping[str, Any], digest: str, renderer: str) -> list[dict[str, Any]]:
    """Everything."""
    run = snapshot["run"]
    return [
        section("Verdict", cover.cover(snapshot, digest)),
        section("What calls for attention", sections.attention(run), fresh=True),
        section("All columns, worst first", sections.columns(run)),
        section("Columns in detail", sections.drawn(snapshot), fresh=True),
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
        section("Sign-off", trail.signed(snapshot)),
        section("Audit trail", trail.audit(snapshot)),
        section("How to verify this evidence", trail.how_to_verify(snapshot, digest, renderer)),
    ]
