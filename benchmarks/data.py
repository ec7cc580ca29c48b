"""Generated data for the benchmarks: many shapes of columns, the same bytes for the same seed."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

BLOCK = 1 << 20  # rows made and written at a time


def numeric(random: np.random.Generator, kind: int, rows: int, shift: float) -> np.ndarray:
    """One numeric column: normal, lognormal, small integers, zero-inflated float32, uniform."""
    match kind % 5:
        case 0:
            return random.normal(shift, 1, rows)
        case 1:
            return random.lognormal(shift, 1, rows)
        case 2:
            return random.integers(0, 70, rows)
        case 3:
            return np.where(random.random(rows) < 0.3, 0, random.exponential(1, rows)).astype("float32")
    return random.random(rows)


def make(path: Path, rows: int, columns: int, seed: int, shift: float = 0.0) -> Path:
    """A Parquet file of that many rows and columns (a quarter of them categories), sorted by time; made once."""
    if path.exists():
        return path
    random = np.random.default_rng(seed)
    writer, done = None, 0
    partial = path.with_suffix(".part")
    while done < rows:
        size = min(BLOCK, rows - done)
        table: dict[str, pa.Array] = {}
        seconds = np.linspace(done, done + size, size, endpoint=False) / rows * 26 * 7 * 86400
        table["at"] = pa.array(np.datetime64("2024-01-01", "us") + (seconds * 1e6).astype("timedelta64[us]"))
        for i in range(columns - columns // 4):
            values = numeric(random, i, size, shift * (i % 3))
            table[f"n{i}"] = pa.array(values, mask=random.random(size) < 0.05 if i % 4 == 1 else None)
        for i in range(columns // 4):
            names = np.array([f"category {j}" for j in range((2, 8, 50, 200)[i % 4])])
            weights = 1 / np.arange(1, len(names) + 1)
            codes = random.choice(len(names), size, p=weights / weights.sum()).astype("int32")
            table[f"c{i}"] = pa.DictionaryArray.from_arrays(codes, names).cast(pa.string())
        batch = pa.table(table)
        writer = writer or pq.ParquetWriter(partial, batch.schema)
        writer.write_table(batch)
        done += size
    assert writer is not None
    writer.close()
    return partial.rename(path)
