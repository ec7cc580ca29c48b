"""Whether evidence is what it was: five levels, each answered in words; what cannot be known here is said to be so.

A sixth and a seventh are answered where the file has a seal or a manifest, or where somebody asks for one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.errors import UnreadableSource, plain, shown
from engine.evidence.again import again
from engine.evidence.attachment import LARGEST, Evidence, read_evidence, without_data
from engine.evidence.canonical import canonical, sha256
from engine.evidence.later import changed_since, revisions
from engine.evidence.pdf import render_pdf, renderer
from engine.evidence.vouched import sealed_by, signed_by
from engine.store.ledger import NOTHING, Entry, digest_of, entries
from engine.store.opening import Store

if TYPE_CHECKING:
    from engine.evidence.keys import Trust

State = Literal["same", "different", "unknown"]
PROVES = (3, 4, 6, 7)  # levels that prove the whole file
VOUCHED = (4, 6, 7)  # those of them that nobody passes who only draws other data anew
LIMIT = (
    "A ledger on one's own disk cannot prove that nobody rebuilt all of it; the hash of its head, kept elsewhere, can."
)


@dataclass(frozen=True, slots=True)
class Level:
    """One question. state: same; different: something was changed; unknown: it cannot be told here, and why."""

    number: int
    name: str
    state: State
    words: str
    differing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer. sha256: of the whole file; run: its id, as the evidence says it."""

    file: str
    sha256: str
    run: str
    levels: tuple[Level, ...]

    @property
    def state(self) -> State:
        """different if any level is; same if nothing is and the pages, the ledger, a seal or a manifest prove the file;
        else unknown.
        """
        if any(one.state == "different" for one in self.levels):
            return "different"
        left_open = any(one.differing for one in self.levels if one.number == 5)  # another engine may be why
        proves = VOUCHED if left_open else PROVES  # who forges data draws them anew, and names any engine
        proven = any(one.number in proves and one.state == "same" for one in self.levels)
        return "same" if proven else "unknown"

    @property
    def words(self) -> str:
        """The answer in a sentence."""
        if not self.run and self.levels[0].state == "different":
            return f"No evidence can be read out of this file. {self.levels[0].words}"
        wrong = [str(one.number) for one in self.levels if one.state == "different"]
        if wrong:
            return f"Something is not as it was: see level {' and '.join(wrong)}."
        if self.state == "unknown":
            return "Nothing contradicts this file, but nothing here proves it either."
        known = sum(one.state == "same" for one in self.levels)
        return f"This is the evidence that was made: {known} of {len(self.levels)} levels could be checked."

    @property
    def code(self) -> int:
        """The exit code: 0 the same, 1 changed or not proven."""
        return 0 if self.state == "same" else 1

    def document(self) -> dict[str, Any]:
        """The answer as JSON."""
        levels = [{**asdict(one), "differing": list(one.differing)} for one in self.levels]
        facts = {"file": self.file, "sha256": self.sha256, "run": self.run, "state": self.state, "words": self.words}
        return {"schema_version": 1, "kind": "verification", **facts, "levels": levels, "limit": LIMIT}


def verify(
    path: str | Path,
    *,
    store: Store | None = None,
    data: bool = False,
    places: Mapping[str, str] | None = None,
    base: Path | None = None,
    trust: "Trust | None" = None,
    manifest: str | Path | None = None,
) -> Verified:
    """Check a PDF that was exported, or its JSON twin. store: whose ledger may know it; data: compute every number
    again; places: where reference, production and labels lie now; base: a folder relative paths may start from;
    trust: whose seal or manifest is trusted; manifest: its file, the signature beside it in a file that ends in .sig.

    Raises UnreadableSource for what is no file; whatever the file holds is answered.
    """
    both = None if manifest is None else (_read(Path(manifest)), _read(Path(f"{manifest}.sig")))
    return verify_bytes(
        _read(Path(path)), str(path), store=store, data=data, places=places, base=base, trust=trust, manifest=both
    )


def verify_bytes(
    whole: bytes,
    name: str,
    *,
    store: Store | None = None,
    data: bool = False,
    places: Mapping[str, str] | None = None,
    base: Path | None = None,
    trust: "Trust | None" = None,
    manifest: Sequence[bytes] | None = None,
) -> Verified:
    """As verify, for the bytes of a file that was uploaded. manifest: its bytes, and those of its signature."""
    found = read_evidence(whole)
    drawn, made = _drawn(found, whole)
    known = _known(found, made, store)
    levels = [_attached(found), _chain(found), drawn, known, _numbers(found, data, places, base)]
    signed = signed_by(whole, found, manifest, store, trust)
    named = signed is not None and signed[0] != "different"
    if without_data(found) and (known.state == "same" or named):
        who = "ledger" if known.state == "same" else "manifest"
        levels[0] = Level(1, "data", "unknown", f"No data are attached, as in CSV and HTML: the {who} alone knows it.")
        levels[2] = Level(3, "pages", "unknown", "A file without its data is not drawn again.")
    if seal := sealed_by(whole if found.form == "pdf" else b"", made, store, trust):
        levels.append(Level(6, "seal", *seal))
    if signed:
        levels.append(Level(7, "manifest", *signed))
    run = str(((found.snapshot or {}).get("run") or {}).get("id") or "") if found.snapshot else ""
    return Verified(name, sha256(whole), run, tuple(levels))


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableSource("The file is too large to be evidence.", where=shown(str(path)))
        return path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no file"
        raise UnreadableSource(f"The file cannot be read: {why}.", where=shown(str(path))) from None


def _attached(found: Evidence) -> Level:
    name = "data"
    if found.snapshot is None:
        what = "attached data" if found.form == "pdf" else "file"
        return Level(1, name, "different", f"The {what} cannot be used: {found.trouble}.")
    digest = sha256(found.data)
    if found.form == "pdf" and found.says.get("evidence-sha256") != digest:
        return Level(1, name, "different", "The attached data are not those whose SHA-256 the PDF names.")
    try:
        alike = canonical(found.snapshot) == found.data
    except ValueError:
        alike = False
    if not alike:
        return Level(1, name, "different", "The data are not in canonical form: another tool wrote them.")
    return Level(1, name, "same", f"The data are canonical JSON with the SHA-256 {digest}.")


def _chain(found: Evidence) -> Level:
    name = "ledger entries"
    shown_entries = (found.snapshot or {}).get("ledger")
    if not isinstance(shown_entries, list) or not shown_entries:
        return Level(2, name, "unknown", "The evidence shows no entries of a ledger.")
    wrong, before = [], None
    try:
        for one in shown_entries:
            if digest_of(one["seq"], one["at"], one["kind"], one["body"], one["previous"]) != one["hash"]:
                wrong.append(f"entry {one['seq']} was edited: its hash is another")
            elif one["seq"] == 1 and one["previous"] != NOTHING:
                wrong.append("entry 1 follows something")
            elif before and one["seq"] == before["seq"] + 1 and one["previous"] != before["hash"]:
                wrong.append(f"entry {one['seq']} does not follow entry {before['seq']}")
            elif before and one["seq"] <= before["seq"]:
                wrong.append(f"entry {one['seq']} stands in the wrong place")
            before = one
    except (KeyError, TypeError, ValueError):
        wrong.append("an entry is incomplete")
    if wrong:
        return Level(2, name, "different", "Entries of the ledger are not what they were.", tuple(wrong))
    return Level(2, name, "same", f"All {len(shown_entries)} entries that are shown have the hashes they name.")


def _drawn(found: Evidence, whole: bytes) -> tuple[Level, bytes]:
    """The level of the pages, and the bytes of the file as it was made: without what was appended."""
    name = "pages"
    if found.form != "pdf":
        return Level(3, name, "unknown", "This is the data alone; it has no pages."), whole
    if found.snapshot is None:
        return Level(3, name, "unknown", "Without its data the file cannot be drawn again."), whole
    if found.says.get("renderer") != renderer():
        first = whole[: next(iter(revisions(whole).values()))]
        if changed := _appended(first, whole):  # whoever drew it: what the file itself says of that may be appended too
            said = "Whoever drew the file, what was appended changes what is seen."
            return Level(3, name, "different", said, changed), whole
        said = "The file cannot be drawn again here: it was drawn by another engine or with other fonts"
        return Level(3, name, "unknown", f"{said} ({found.says.get('renderer', 'unknown')}, here {renderer()})."), whole
    try:
        want = render_pdf(found.snapshot)
    except Exception as error:  # data of another make can trip the report anywhere; that is an answer too
        said = plain(f"{type(error).__name__}: {error}", 200)
        return Level(3, name, "different", f"The attached data cannot be drawn: {said}."), whole
    if whole == want:
        return Level(3, name, "same", "Drawn again from its data, the file is the same to the last byte."), whole
    if not whole.startswith(want):
        return Level(3, name, "different", "Drawn again from its data, the file has other bytes: it was edited."), whole
    if changed := _appended(want, whole):
        said = "The file begins as it was made, but what was appended changes what is seen."
        return Level(3, name, "different", said, changed), want
    more = f"{len(whole) - len(want):,} bytes were appended since and change nothing that is seen, as a signature does"
    return Level(3, name, "same", f"The file begins as it was made, to the last byte; {more}."), want


def _appended(made: bytes, whole: bytes) -> tuple[str, ...]:
    """What is seen otherwise in a whole file than in what it begins with, as sentences."""
    try:
        return tuple(changed_since(made, whole)) if len(whole) > len(made) else ()
    except Exception as error:  # pypdf raises whatever a damaged file makes it trip over
        return (f"what was appended cannot be read ({type(error).__name__})",)


def _known(found: Evidence, made: bytes, store: Store | None) -> Level:
    name = "ledger"
    if store is None:
        return Level(4, name, "unknown", "No ledger was given to ask.")
    kept = entries(store)
    exports, digests = [one for one in kept if one.kind == "export"], revisions(made)
    known = next((one for one in exports if one.body.get("sha256") in digests), None)
    if known is None:
        said = (
            f"The ledger of {store.place} does not know this file: none of its {len(exports)} exports has the SHA-256."
        )
        if found.snapshot is not None and not found.snapshot.get("ledger"):
            said += " The evidence shows no entry of any ledger: as it says, its run was never recorded."
        return Level(4, name, "different", said)
    wrong = _disordered(kept) or _contradicted(found, kept)
    if wrong:
        return Level(4, name, "different", wrong)
    by = f" by {plain(str(known.body['by']))}" if known.body.get("by") else ""
    by += f", as {plain(str(known.body['format']))}" if known.body.get("format") else ""
    return Level(4, name, "same", f"The ledger knows this file: entry {known.seq} of {known.at}, exported{by}.")


def _disordered(whole: Sequence[Entry]) -> str:
    """Where a ledger is no chain, so that what it knows may have been written into it; empty if nowhere."""
    before = NOTHING
    for i, one in enumerate(whole, start=1):
        own = digest_of(one.seq, one.at, one.kind, one.body, one.previous)
        if (one.seq, one.previous, one.hash) != (i, before, own):
            return f"The ledger is not in order at entry {one.seq}, so it vouches for no file: ask ledger verify."
        before = one.hash
    return ""


def _contradicted(found: Evidence, whole: Sequence[Entry]) -> str:
    """Where the ledger says something else of the run or of entries that the evidence shows; empty if nowhere."""
    if found.snapshot is None:
        return ""
    kept = {one.seq: one for one in whole}
    for one in found.snapshot["ledger"]:
        if one["seq"] not in kept or kept[one["seq"]].hash != one["hash"]:
            return f"Entry {one['seq']} stands otherwise in the ledger than in the evidence."
    run = found.snapshot["run"]["id"]
    said = next(
        (one.body.get("sha256") for one in kept.values() if one.kind == "run" and one.body.get("id") == run), None
    )
    if said is not None and said != found.snapshot["run_sha256"]:
        return f"The ledger has another SHA-256 of run {run} than the evidence."
    return ""


def _numbers(found: Evidence, data: bool, places: Mapping[str, str] | None, base: Path | None) -> Level:
    name = "numbers"
    if not data:
        return Level(5, name, "unknown", "Nobody asked to compute the numbers again (--data).")
    if found.snapshot is None:
        return Level(5, name, "unknown", "Without its data the file does not say what to compute.")
    try:
        answer = again(found.snapshot, places, base)
    except Exception as error:  # data of another make can trip the engine anywhere; that is an answer too
        said = plain(f"{type(error).__name__}: {error}", 200)
        return Level(5, name, "different", f"What the data ask for cannot be computed: {said}.")
    state: State = "unknown" if answer.state in ("gone", "unknown") else answer.state  # type: ignore[assignment]
    return Level(5, name, state, answer.words, answer.differing)
