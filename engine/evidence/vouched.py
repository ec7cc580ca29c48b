"""Who vouches for a file of evidence: its seals and its manifest, each answered in words."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from engine.errors import plain
from engine.evidence.attachment import Evidence
from engine.evidence.later import revisions
from engine.evidence.sealing import HOW, here
from engine.store import Store, entries

if TYPE_CHECKING:
    from engine.evidence.keys import Trust
    from engine.evidence.sealed import Seal

State = Literal["same", "different", "unknown"]
Answer = tuple[State, str, tuple[str, ...]]
ORDER: tuple[State, ...] = ("same", "different", "unknown")  # of whole seals: one that is trusted is enough
RANGE = b"/ByteRange"  # every seal names the bytes that it covers; a file without the word has none


def sealed_by(whole: bytes, made: bytes, store: Store | None, trust: "Trust | None") -> Answer | None:
    """The answer about the seals of a file; None where it has none, nobody asks for one and the ledger knows of none.

    made: the file as it was exported, as far as that is known. trust: whom who asks trusts.
    """
    if RANGE not in whole:
        return _without(made, store, trust)
    if not here():
        said = f"The file has a seal. It cannot be checked here: packages are not installed ({HOW})."
        return "unknown", said, ()
    from engine.evidence.sealed import seals

    found = seals(whole, trust)
    if not found:
        return _without(made, store, trust)
    told = [_one(one, store, trust) for one in found]
    broken = [words for one, (_, words) in zip(found, told, strict=True) if one.broken]
    state: State = "different" if broken else min((one[0] for one in told), key=ORDER.index)
    first = broken[0] if broken else next(words for one, words in told if one == state)
    return state, first, tuple(words for _, words in told if words != first)


def _one(one: "Seal", store: Store | None, trust: "Trust | None") -> tuple[State, str]:
    """The state of a seal, and a sentence."""
    if one.broken:
        by = f" of {plain(one.signer)}" if one.signer else ""
        return "different", f"The seal{by} is broken: {one.broken}."
    at, since, until = one.at, one.since, one.until
    when = f" on {at:%Y-%m-%d %H:%M} UTC, by its own clock" if at else ""
    words = f"The seal is whole: put on by {plain(one.signer)}{when}, with the certificate {one.fingerprint}"
    lost = f" {trust.lost}" if trust and trust.lost else ""
    if one.trusted is None:
        return "unknown", f"{words}; nobody said whether it is trusted (--trust, PLUMBLINE_TRUST).{lost}"
    early, late = bool(at and since and at < since), bool(at and until and at > until)
    if not one.trusted:
        why = "which was not valid then" if early or late else "an unknown signer: none of those that are trusted"
        return ("different" if early or late or (trust and trust.asked) else "unknown"), f"{words}, {why}.{lost}"
    if until and datetime.now(UTC) > until:
        entry = _entry(one.sha256, store)
        if entry and entry[1] <= until:
            said = f"which is trusted; it expired on {until:%Y-%m-%d}, and the ledger knew the seal before"
            return "same", f"{words}, {said} (entry {entry[0]})."
        return "unknown", (
            f"{words}, which is trusted but expired on {until:%Y-%m-%d}: whether the seal is older, only its own clock "
            "says."
        )
    return "same", f"{words}, which is trusted. Whether it was revoked is not asked of anybody."


def _entry(digest: str, store: Store | None) -> tuple[int, datetime] | None:
    """The number and the moment of the entry about a seal."""
    if store is None:
        return None
    known = [one for one in entries(store, "seal") if one.body.get("sha256") == digest]
    return (known[0].seq, datetime.fromisoformat(known[0].at)) if known else None


def _without(made: bytes, store: Store | None, trust: "Trust | None") -> Answer | None:
    """The answer about a file without a seal."""
    if trust is not None and trust.certificates and trust.asked:
        return "different", "The file has no seal, and the seal of one that is trusted was asked for.", ()
    mine = revisions(made)
    known = [one for one in entries(store, "seal") if one.body.get("of") in mine] if store is not None else []
    known = [one for one in known if one.body.get("form") == "seal"]
    if not known:
        return None
    said = f"This copy has no seal; the ledger says that one was put on (entry {known[-1].seq}, sealed file SHA-256 "
    return "unknown", f"{said}{plain(str(known[-1].body['sha256']))}).", ()


def signed_by(
    whole: bytes, found: Evidence, manifest: Sequence[bytes] | None, store: Store | None, trust: "Trust | None"
) -> Answer | None:
    """The answer about a manifest, its bytes and those of its signature; None where none is given."""
    if manifest is None:
        if trust is not None and trust.keys and trust.asked:
            return "different", "A key was given to trust, and no manifest that it signed (--manifest).", ()
        return None
    if not here():
        return "unknown", f"The manifest cannot be checked here: packages are not installed ({HOW}).", ()
    from engine.evidence.manifest import checked

    ledger = {one.seq: one.hash for one in entries(store)} if store is not None else None
    state, words = checked(manifest[0], manifest[1], found, revisions(whole), trust, ledger)
    return state, words, ()
