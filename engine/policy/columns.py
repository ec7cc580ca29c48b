"""Which columns a policy speaks of: a name, a pattern, a list, the most important ones."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from engine.ranking import Ranking

NOBODY = "which columns are important is not known: no run tells what the predictions rest on"


def which(
    written: str | Sequence[str] | None, columns: Iterable[str], ranks: Sequence[str] = (), important: object = None
) -> frozenset[str] | str:
    """The columns that a policy means, of those that there are; or why that cannot be told.

    written: a name or pattern, "top N", "important", a list of names and patterns, or None or "" for all. ranks:
    columns, the most important first. important: what "important" is written as.

    >>> sorted(which("temp_*", ["temp_f", "temp_c", "hour"])), sorted(which("top 1", ["a", "b"], ranks=["b", "a"]))
    (['temp_c', 'temp_f'], ['b'])
    """
    known = tuple(columns)
    if not written:
        return frozenset(known)
    if written == "important" and important is not None:
        return which(important if isinstance(important, str) else list(important), known, ranks)  # type: ignore
    if isinstance(written, str) and written.startswith("top ") and written[4:].isdecimal():
        return frozenset(ranks[: int(written[4:])]) & frozenset(known) if ranks else NOBODY
    patterns = [written] if isinstance(written, str) else list(written)
    return frozenset(one for one in known if any(one == p or fnmatchcase(one, p) for p in patterns))


def ranks_of(ranking: Ranking | Mapping[str, object] | str | None) -> tuple[str, ...]:
    """Features by what the reference's predictions rest on, the most important first; none where that is not known.

    ranking: of a Run, or "importance" of its JSON document.
    """
    if isinstance(ranking, Ranking):
        shares = zip(ranking.features, ranking.shares[0].tolist(), strict=True)
    elif isinstance(ranking, Mapping):
        rows = ranking["features"]
        assert isinstance(rows, list), "the document of a run lists its features"
        shares = zip((row["feature"] for row in rows), (row["reference"] for row in rows), strict=True)
    else:
        return ()
    return tuple(name for name, _ in sorted(shares, key=lambda row: (-row[1], row[0])))
