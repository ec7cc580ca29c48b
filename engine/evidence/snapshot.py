"""The snapshot: all that evidence says, as one JSON value; PDF, HTML and CSV only draw it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import PlumblineError, UnknownName, UnusableData, shown
from engine.evidence.canonical import canonical, plain_json, sha256, told
from engine.evidence.changes import changes
from engine.evidence.rare import frequent, without_rare
from engine.record import Decision

KIND, SCHEMA_VERSION = "snapshot", 1
DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
PAPERS = ("a4", "us-letter")
ROLES = ("model owner", "independent reviewer", "compliance officer")
MEANINGS = ("authorship", "review", "approval", "responsibility")


@dataclass(frozen=True, slots=True)
class Options:
    """What an export shows. cards: columns that get a card at most; least_rows: of a category that is named; top:
    categories that are named at most; environment: where the model is served, as whoever asks says it; brief: two pages
    to read each week in place of the whole; paper: a4 or us-letter.
    """

    cards: int = 60
    least_rows: int = 5
    top: int = 30
    environment: str = ""
    brief: bool = False
    paper: str = "a4"

    def __post_init__(self) -> None:
        for name, least in (("cards", 0), ("least_rows", 1), ("top", 1)):
            if getattr(self, name) < least:
                raise PlumblineError(f"{name} is {getattr(self, name)}; it must be {least} at least.", where="options")
        if self.paper not in PAPERS:
            raise UnknownName.of("paper", self.paper, PAPERS)


@dataclass(frozen=True, slots=True)
class SignOff:
    """One signature: in which role, whose printed name, what it means, what was decided, and when (UTC, ISO 8601)."""

    role: str
    name: str
    meaning: str
    decision: str
    at: str

    def __post_init__(self) -> None:
        for name in ("role", "name", "meaning", "decision"):
            if not getattr(self, name).strip():
                raise PlumblineError(f"A sign-off needs a {name}.", where=name)
        moment(self.at)


def moment(text: str) -> datetime:
    """A moment with its zone, as evidence writes it. Raises PlumblineError for any other text.

    >>> moment("2026-11-21T14:00:00+00:00").hour
    14
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise PlumblineError(
            f"{shown(text)} is no moment with a zone.", hint="Write it as in 2026-11-21T14:00:00+00:00."
        )
    return at.astimezone(UTC).replace(microsecond=0)


def snapshot(
    document: Mapping[str, Any],
    *,
    decisions: Iterable[Decision | Mapping[str, Any]] = (),
    ledger: Iterable[Any] = (),
    previous: Mapping[str, Any] | None = None,
    previous_sha256: str | None = None,
    revises: str | None = None,
    sign_offs: Iterable[SignOff] = (),
    cohorts: Sequence[Mapping[str, Any]] | None = None,
    searched: str = "",
    verdict: Mapping[str, Any] | None = None,
    trigger: str | None = None,
    options: Options | None = None,
    generated_at: str,
    requested_by: str,
) -> dict[str, Any]:
    """The snapshot of a run. document: its JSON; previous: the document of the run before, for what changed.

    previous_sha256: of the PDF before, of any run; revises: of the PDF of this run that this one replaces. ledger:
    entries to show; cohorts: as the JSON of the verb cohorts lists them; searched: how they
    were, or why not; verdict: action and reasons. generated_at:
    ISO 8601 with a zone, recorded, never read from a clock later. Raises UnusableData for what is no run.
    """
    if document.get("kind") != "run" or not isinstance(document.get("findings"), list):
        raise UnusableData("This is no document of a run.", hint="Give what compare --format json writes.")
    if not requested_by.strip():
        raise PlumblineError("Evidence needs a name of who asked for it.", where="requested_by")
    options, known = options or Options(), plain_json(document)
    kept = without_rare(known, options.least_rows, options.top)
    made: dict[str, Any] = plain_json(
        {
            "schema_version": SCHEMA_VERSION,
            "kind": KIND,
            "generated_at": moment(generated_at).isoformat(timespec="seconds"),
            "requested_by": requested_by,
            "trigger": trigger,
            "demo": is_demo(known["reference"]["sha256"]),
            "run": kept,
            "run_sha256": sha256(canonical(known)),
            "previous": _previous(previous, kept, options),
            "previous_sha256": previous_sha256,
            "revises": revises,
            "verdict": verdict,
            "cohorts": frequent(cohorts, options.least_rows) if cohorts is not None else None,
            "searched": searched,
            "decisions": [_row(one) for one in decisions],
            "sign_offs": [asdict(one) | {"at": moment(one.at).isoformat(timespec="seconds")} for one in sign_offs],
            "ledger": [_row(one) for one in ledger],
            "options": asdict(options),
        }
    )
    return made


def is_demo(sha: str) -> bool:
    """Whether a reference is one of the demo's that are shipped."""
    return any(sha256(one.read_bytes()) == sha for one in sorted(DEMO.rglob("reference.parquet")))


def _row(one: Any) -> Any:
    return asdict(one) if is_dataclass(one) and not isinstance(one, type) else dict(one)


def _previous(before: Mapping[str, Any] | None, after: Mapping[str, Any], options: Options) -> dict[str, Any] | None:
    """The run before and what changed since; None where there was none."""
    if before is None:
        return None
    known = without_rare(plain_json(before), options.least_rows, options.top)
    return {
        "run": told(known, "id"),
        "at": told(known, "at"),
        "words": told(known, "slice", "words"),
        "monitor_digest": known["monitor_digest"],
        "model_version": told(known, "definition", "model", "version"),
        "changes": changes(known, after),
    }


def file_name(snapshot: Mapping[str, Any], ending: str) -> str:
    """A safe name for the file: monitor, window and run.

    >>> file_name({"run": {"monitor": "a/../b", "id": "0123", "slice": {"window": None}}}, "pdf")
    'a-b-all-time-0123.pdf'
    """
    run = snapshot["run"]
    window = run["slice"]["window"]
    said = "".join(one if one.isalnum() and one.isascii() else "-" for one in str(run["monitor"] or "comparison"))
    parts = [*filter(None, said.split("-")), window["start"][:10] if window else "all-time", str(run["id"])]
    return f"{'-'.join(parts)[:120]}.{ending}"
