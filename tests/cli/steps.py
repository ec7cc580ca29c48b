"""What the tests of the command line share: tables, a process of its own, and canonical documents."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).resolve().parents[2]
PATH = {**os.environ, "PYTHONPATH": str(ROOT)}
EVIL = "\x1b[2Jevil"
FORMULA = "=cmd|'/c calc'!A1"


def made(shift: float, seed: int, n: int = 600) -> pa.Table:
    random = np.random.default_rng(seed)
    nulls = random.random(n) < 0.2
    return pa.table({
        "at": [datetime(2024, 1, 1) + timedelta(minutes=30 * i) for i in range(n)],
        "x": random.normal(shift, 1, n),
        "seats": random.integers(0, 300, n),
        "c": random.choice(["a", "b", "c d", "e,f"], n),
        "maybe": pa.array(random.random(n), mask=nulls),
        "id": np.arange(n),
    })  # fmt: skip


def shell(folder: Path, *arguments: str, code: str = "", **options) -> subprocess.CompletedProcess:
    """The command line in a process of its own."""
    start = [sys.executable, "-c", code] if code else [sys.executable, "-m", "engine", *arguments]
    given = {"capture_output": True} if "stdout" not in options else {"stderr": subprocess.PIPE}
    return subprocess.run(start, cwd=folder, **{"env": PATH, "timeout": 60, **given, **options})


def canonical(text: str) -> dict:
    """A document that is canonical JSON: sorted keys, nothing that is no number."""

    def refuse(word):
        raise AssertionError(f"{word} is no JSON")

    said = json.loads(text, parse_constant=refuse)
    assert text.rstrip("\n") == json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return said
