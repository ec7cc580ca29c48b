"""The sections that make a run checkable: rules, gaps, methods, decisions, signatures, the ledger, how to verify."""

from collections.abc import Mapping
from typing import Any

from engine.evidence.blocks import (
    Block,
    Cell,
    bullets,
    facts,
    group,
    heading,
    instant,
    mono,
    plural,
    strong,
    table,
    text,
)
from engine.evidence.canonical import told
from engine.evidence.cover import gaps, notes, rules
from engine.evidence.findings_of import name_of_metric
from engine.metrics import METRICS, manual

SECTIONS = ("When to use it:", "Reading it:", "Pitfalls:", "References:")
ROLES = ("Model owner", "Independent reviewer", "Compliance officer")
NAMED = 12  # columns named for one reason


def in_force(run: Mapping[str, Any]) -> list[Block]:
    """Every threshold and rule of the run."""
    monitor = run["definition"] or {}
    rows: list[list[Cell]] = [
        [strong(_applies(name)), mono(name), warning, critical, why] for name, warning, critical, why in rules(run)
    ]
    asked = run["asked"] or {}
    said: list[tuple[str, Cell]] = [
        ("Monitor file", f"{run['monitor']}" if run["monitor"] else "none"),
        ("SHA-256 of the rules", mono(run["monitor_digest"] or "–")),
        ("False alarms allowed", f"{asked.get('false_alarms', '–')} of runs, when nothing changed"),
        ("Persistence", told(monitor, "policy", "persist", otherwise="findings count at once")),
        ("Oldest model", told(monitor, "policy", "max_model_age", otherwise="no limit")),
        ("Least rows of a window", f"{asked.get('least', '–')} of the median window's"),
    ]
    note = "An override in a monitor file has no place for a reason: it stands in the history of that file."
    return [
        facts(said),
        table(
            ("Applies to", "In the monitor file", "Warning at", "Critical at", "From"),
            rows,
            "llrrl",
            ("1fr", "auto", "auto", "auto", "auto"),
            empty="Nothing was judged.",
        ),
        text(note, "soft"),
    ]


def _applies(pattern: str) -> str:
    """What a threshold is of, in words.

    >>> _applies("temp_f.psi"), _applies("null_rate")
    ('Population Stability Index of temp_f', 'Null rate')
    """
    column, _, key = pattern.rpartition(".")
    return f"{name_of_metric(key)} of {column}" if column else name_of_metric(key)


def not_computed(run: Mapping[str, Any]) -> list[Block]:
    """Every question without an answer, by reason; then the notes of the run."""
    rows: list[list[Cell]] = []
    for because, n, names in gaps(run):
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        rows.append([f"{n:,}", because, ", ".join(names[:NAMED]) + more])
    return [
        table(
            ("Questions", "Because", "Of"),
            rows,
            "rll",
            ("auto", "1fr", "1fr"),
            empty="Everything that was asked was computed.",
        ),
        *([heading("Notes of the run"), bullets(notes(run))] if run["notes"] else []),
    ]


def methods(run: Mapping[str, Any]) -> list[Block]:
    """What each metric of the run says and where it fails: from the metrics' own manuals."""
    used = sorted({one["metric"] for one in run["findings"]} & set(METRICS))
    blocks: list[Block] = [
        text(
            "A finding is a threshold held against a metric of two slices. It is critical or a warning where the value "
            "is at or beyond the threshold and beyond the noise floor, which is what no change at all stays under for "
            "these rows. It is called not enough data where no change at all could reach the threshold. A change of a "
            "distribution is no proof that the model became worse, nor of any cause."
        )
    ]
    for key in used:
        said = _manual(key)
        rows: list[tuple[str, Cell]] = [(name.rstrip(":"), said[name]) for name in SECTIONS if name in said]
        rows.append(("Thresholds", METRICS[key].limits))
        name = METRICS[key].name
        first = said[""].removeprefix(f"{name}: ")
        blocks.append(group([heading(name), text(first[:1].upper() + first[1:]), facts(rows, small=True)]))
    return blocks


def _manual(key: str) -> dict[str, str]:
    """The parts of a metric's manual, each as one line: its first sentence as "", then its named sections."""
    found: dict[str, list[str]] = {"": []}
    at = ""
    for line in manual(key).splitlines():
        if line.startswith(">>>"):
            break
        start = next((name for name in SECTIONS if line.startswith(name)), None)
        if start:
            at, line = start, line.removeprefix(start)
            found[at] = []
        elif at and not line.startswith(" ") and line.strip():
            at = ""
        if line.strip():
            found[at].append(line.strip())
    return {name: " ".join(lines) for name, lines in found.items()}


def decided(snapshot: Mapping[str, Any]) -> list[Block]:
    """What people decided, and why."""
    rows: list[list[Cell]] = [
        [
            instant(one["at"]) if one["at"] else "–",
            strong(one["choice"]),
            one["reason"],
            one["by"],
            ", ".join(one["findings"]) or "the run",
            str(one["until"] or "–"),
        ]
        for one in snapshot["decisions"]
    ]
    head = ("When", "Decision", "Reason", "By", "About", "Until")
    return [
        table(head, rows, "llllll", ("auto", "auto", "2fr", "1fr", "1fr", "auto"), empty="No decision was recorded.")
    ]


def signed(snapshot: Mapping[str, Any]) -> list[Block]:
    """Signatures as recorded, else boxes to sign in."""
    head = ("Role", "Printed name", "Meaning", "Decision", "When (UTC)")
    rows: list[list[Cell]] = [
        [strong(one["role"]), one["name"], one["meaning"], one["decision"], instant(one["at"])]
        for one in snapshot["sign_offs"]
    ]
    widths = ("auto", "1fr", "auto", "1fr", "auto")
    if rows:
        before = snapshot["revises"]
        said = "These entries were recorded in the ledger; they are no cryptographic signatures."
        said += f" This file replaces the one with SHA-256 {before}." if before else ""
        return [table(head, rows, "lllll", widths), text(said, "soft")]
    boxes: list[list[Cell]] = [[strong(role), "", "", "", ""] for role in ROLES]
    return [
        text("NOT SIGNED. Nobody has signed this evidence; the boxes are for a signature on paper.", "strong", True),
        table(
            ("Role", "Printed name", "Meaning of the signature", "Decision", "Signature, date and time"),
            boxes,
            "lllll",
            ("auto", "3fr", "2fr", "2fr", "3fr"),
            tall=True,
        ),
    ]


def audit(snapshot: Mapping[str, Any]) -> list[Block]:
    """Entries of the ledger that belong to this run, with their hashes."""
    rows: list[list[Cell]] = [
        [f"{one['seq']:,}", instant(one["at"]), strong(one["kind"]), _about(one["body"]), mono(one["hash"][:16] + "…")]
        for one in snapshot["ledger"]
    ]
    head = ("No.", "When", "Entry", "About", "Hash")
    last = snapshot["ledger"][-1]["hash"] if snapshot["ledger"] else None
    return [
        table(
            head,
            rows,
            "rlllr",
            ("auto", "auto", "auto", "1fr", "auto"),
            empty="This run stands in no ledger.",
            small=True,
        ),
        *([facts([("Hash of the last entry shown", mono(last))])] if last else []),
    ]


def _about(body: Mapping[str, Any]) -> str:
    names = ("id", "run", "monitor", "choice", "reason", "role", "name", "by", "severity")
    return ", ".join(f"{name} {body[name]}" for name in names if body.get(name))


def how_to_verify(snapshot: Mapping[str, Any], digest: str, renderer: str) -> list[Block]:
    """What can be checked with this file, how, and what cannot."""
    run = snapshot["run"]
    engine = run["engine"]
    previous: list[tuple[str, Cell]] = []
    for name, key in (
        ("SHA-256 of the evidence before", "previous_sha256"),
        ("SHA-256 of the revision before", "revises"),
    ):
        if snapshot[key]:
            previous.append((name, mono(snapshot[key])))
    return [
        text("This file holds its own data: snapshot.json is attached to it. The command"),
        facts([("Command", mono("python -m engine verify FILE --data"))]),
        bullets(
            (
                "compares the attachment's SHA-256 with the digest printed here, and its form with canonical JSON;",
                "follows the chain of the ledger's entries;",
                "draws the file again from the attachment and compares every byte;",
                "asks the ledger whether it knows the SHA-256 of this file;",
                "with --data, reads the original files, compares their SHA-256 and computes every number again.",
            )
        ),
        text(
            "A ledger on one's own disk proves that nothing was changed in passing. It cannot prove that nobody with "
            "write access to everything rebuilt all of it: for that, keep the hash of its last entry elsewhere."
        ),
        facts(
            [
                ("Digest of the evidence", mono(digest)),
                ("SHA-256 of the run as computed", mono(snapshot["run_sha256"])),
                *previous,
                ("Drawn by", mono(renderer)),
                ("Engine", f"{engine['name']} {engine['version']}, DuckDB {engine['duckdb']}, numpy {engine['numpy']}"),
            ]
        ),
        text(
            f"Categories of fewer than {plural(snapshot['options']['least_rows'], 'row')} and those beyond the "
            f"{snapshot['options']['top']} most frequent are pooled; no raw row is part of this evidence.",
            "soft",
        ),
    ]
