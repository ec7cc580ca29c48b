"""The whole document as sections of blocks, in reading order; PDF and HTML draw them."""

from collections.abc import Mapping
from typing import Any

from engine.evidence import cover, readings, sections, trail
from engine.evidence.blocks import section
from engine.evidence.canonical import canonical, sha256


def report(snapshot: Mapping[str, Any], renderer: str) -> dict[str, Any]:
    """Title, stamps and sections. renderer: what draws it, as a text that is printed."""
    digest, run = sha256(canonical(snapshot)), snapshot["run"]
    title, words = cover.title_of(snapshot)
    return {
        "title": title,
        "words": words,
        "description": str((run["definition"] or {}).get("description") or ""),
        "stamps": cover.stamps(snapshot),
        "run": run["id"],
        "digest": digest,
        "sections": [
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
        ],
    }
