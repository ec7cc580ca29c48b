"""A file that somebody drops, checked in the background; and which data its numbers may be computed from again."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.access import Visitor, require
from engine.access.reading import record_seen
from engine.errors import PlumblineError, UnusableData, shown
from engine.evidence.again import attributions_place, labels_place
from engine.evidence.attachment import read_evidence
from engine.evidence.sealing import ENDING, SIGNATURE, trust_in
from engine.evidence.verify import Verified, verify_bytes
from engine.store import Store, document
from engine.tables.places import find_path
from pages.shared.door import Progress
from pages.shared.intake import source_at


def check(
    who: Visitor,
    whole: bytes,
    name: str,
    store: Store | None,
    data: bool,
    places: Mapping[str, str],
    bases: Mapping[str, Path | None],
    tell: Progress,
    manifest: tuple[bytes, bytes] | None = None,
) -> tuple[Verified, str]:
    """The answer about a file, and why its numbers were not computed again although somebody asked; else empty.

    A file names the data that it is about, and whoever made it may name any: only what lies in the folders that may be
    read is opened, and what a run that is on record here was made of. bases: of each monitor the folder of its file,
    from which its paths may start; manifest: its bytes and those of its signature, where they were dropped too.
    """
    why, base = "", None
    require(who, "verify")
    if data:
        require(who, "recompute")
        tell(0.1, "looking which data it is about")
        run = (read_evidence(whole).snapshot or {}).get("run")
        base = bases.get(str(run.get("monitor"))) if isinstance(run, Mapping) else None
        why = forbidden(who, run, store, places, base) if isinstance(run, Mapping) else ""
    store = known_to(who, whole, store)
    tell(0.3, "reading, drawing and asking the ledger" + (", then computing every number" if data and not why else ""))
    wanted = data and not why
    answer = verify_bytes(
        whole, name, store=store, data=wanted, places=places, base=base, trust=trust_in(), manifest=manifest
    )
    return answer, why


def manifest_of(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, bytes] | None:
    """A manifest and its signature out of files that were dropped, each its name and bytes; None where none was.

    Raises UnusableData where one of the two is missing, or more than one of a kind is there.

    >>> manifest_of([("a.pdf.manifest.json.sig", b"s"), ("a.pdf.manifest.json", b"{}")])
    (b'{}', b's')
    """
    signatures = [one for one in files if one[0].lower().endswith(SIGNATURE)]
    manifests = [one for one in files if one not in signatures]
    if not files:
        return None
    for found, what, ending in ((manifests, "manifest", ENDING), (signatures, "signature", ENDING + SIGNATURE)):
        where = shown((found or files)[-1][0], 80)
        if not found:
            said = f"The {what} is missing: a manifest is two files."
            raise UnusableData(said, where=where, hint=f"Drop the one that ends in {ending} too.")
        if len(found) > 1:
            raise UnusableData(f"There are {len(found)} files of a {what}; a file of evidence has one.", where=where)
    return manifests[0][1], signatures[0][1]


def named(run: Any) -> Iterator[tuple[str, str]]:
    """Every place that a run's document says its data lie at: what for, and where."""
    if not isinstance(run, Mapping):
        return
    asked, logged = run.get("asked") or {}, attributions_place(run)
    for what, place in (
        ("reference", (run.get("reference") or {}).get("name")),
        ("production", (run.get("production") or {}).get("name")),
        ("labels", labels_place(asked) if asked.get("labels") else None),
        ("attributions", logged.get("path") if logged else None),
    ):
        if place is not None:
            yield what, str(place)


def known_to(who: Visitor, whole: bytes, store: Store | None) -> Store | None:
    """The store to ask about a file; none about a run that who asks does not see, as if it knew nothing of it."""
    if store is None or who.sees_all:
        return store
    run = (read_evidence(whole).snapshot or {}).get("run")
    try:
        return store if record_seen(who, store, str(run["id"])) else None  # type: ignore[index]
    except (PlumblineError, KeyError, TypeError):
        return None


def forbidden(who: Visitor, run: Any, store: Store | None, places: Mapping[str, str], base: Path | None) -> str:
    """Why the data that a run names must not be opened; empty where they may. places: where they lie now."""
    try:
        found = record_seen(who, store, str(run["id"])) if store is not None else None
        recorded = dict(named(document(store, found.id))) if store is not None and found is not None else {}
    except (PlumblineError, KeyError):
        recorded = {}
    try:
        told = {what: places.get(what, place) for what, place in named(run)}
    except (AttributeError, KeyError, TypeError):
        return "it does not say in words which data it is about"
    for what, place in told.items():
        if recorded.get(what) == place and what not in places:
            continue
        if not who.may("point"):
            return f"its {what} data are not those of a run on record here, and pointing to others takes the role admin"
        try:
            source_at(find_path(place, base))
        except PlumblineError as error:
            return f"its {what} data cannot be opened here: {error}"
    return ""
