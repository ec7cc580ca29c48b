"""Files that may be pointed to, newest first: what a quick look finds in the folders that may be read."""

import os
import time
from pathlib import Path

from pages.shared.intake import allowed_roots

ENDINGS = (  # not .txt and .json: hardly any of those that lie about is a table; they can be typed
    ".parquet", ".csv", ".tsv", ".csv.gz", ".csv.zst", ".jsonl", ".ndjson", ".arrow", ".feather", ".xlsx",
)  # fmt: skip
DEEPEST, LOOKED_AT, OFFERED = 4, 5_000, 200  # folders below a root, files looked at, files offered
SECONDS = 0.3  # that the look may take: a slow disk offers fewer


def offered() -> list[str]:
    """Paths as they can be given: below the first root as they stand from there, else whole. Hidden ones are not."""
    roots, end = allowed_roots(), time.monotonic() + SECONDS
    found: list[tuple[float, str]] = []
    for root in roots:
        for folder, below, names in os.walk(root):
            here = Path(folder)
            deep = len(here.relative_to(root).parts) >= DEEPEST
            below[:] = [] if deep else sorted(one for one in below if not one.startswith((".", "__")))
            for name in names:
                if name.lower().endswith(ENDINGS) and not name.startswith("."):
                    path = here / name
                    try:
                        found.append((path.stat().st_mtime, str(path.relative_to(root) if root == roots[0] else path)))
                    except OSError:  # gone, or a link to nowhere
                        continue
            if len(found) >= LOOKED_AT or time.monotonic() > end:
                break
    return [path for _, path in sorted(found, key=lambda one: (-one[0], one[1]))[:OFFERED]]
