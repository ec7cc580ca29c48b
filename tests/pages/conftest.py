"""How a test opens the app without a browser: a page, a URL, and the folder of monitors that it finds."""

import csv
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
PAGES = {
    "Overview": "review/overview.py",
    "Performance": "review/performance.py",
    "Columns": "explore/columns.py",
    "Column": "explore/column.py",
    "Cohorts": "explore/cohorts.py",
    "Compare": "explore/compare.py",
    "Windows": "explore/windows.py",
    "Predictions": "explore/predictions.py",
    "Attribution": "explore/attribution.py",
    "Operations": "explore/operations.py",
    "Data quality": "explore/quality.py",
    "Data": "setup/data.py",
}
# pages that have pickers of their own, or none
APART = {
    "Home": "review/home.py",
    "Review": "review/review.py",
    "Snapshot": "evidence/snapshot.py",
    "Runs": "evidence/runs.py",
    "Verify": "evidence/verify.py",
    "Monitor": "setup/monitor.py",
    "Thresholds": "setup/thresholds.py",
}
HOSTILE = 'a*b* :smile: $x$ <b>q</b>, "r" `s` |t| [u](v)'


@pytest.fixture
def app(monkeypatch):
    """Opens a page: app('Column', window='2013-04-22')."""
    monkeypatch.chdir(ROOT)

    def opened(page: str = "Overview", /, **params: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "pages" / "frame.py"), default_timeout=60)
        for name, value in params.items():
            at.query_params[name.replace("__", "-")] = value
        if page != "Overview":
            at.switch_page({**PAGES, **APART}[page])
        at.run()
        assert not at.exception, at.exception
        return at

    return opened


@pytest.fixture
def monitors(monkeypatch, tmp_path):
    """An empty folder in which the app looks for monitors."""
    folder = tmp_path / "monitors"
    folder.mkdir()
    monkeypatch.setenv("PLUMBLINE_MONITORS", str(folder))
    return folder


@pytest.fixture
def store_url(monkeypatch, tmp_path):
    """A store of its own."""
    url = f"sqlite:///{tmp_path}/own.db"
    monkeypatch.setenv("PLUMBLINE_STORE", url)
    return url


def rows(start: str, days: int, shift: float, columns: tuple[str, ...]) -> list[list[object]]:
    """Rows of a small table, the same on every run."""
    first = datetime.fromisoformat(start)
    made = []
    for i in range(days * 30):
        values = {
            "id": i,
            "at": (first + timedelta(hours=i * 24 / 30)).isoformat(sep=" ", timespec="seconds"),
            "amount": round((i * 7919 % 1000) / 10 + shift, 1),
            HOSTILE: ("plain", "=1+1", "<i>x</i>")[i * 31 % 3],
            "region": ("EU", "US", "UK")[i * 17 % 3],
            "score": round((i * 104729 % 997) / 997, 4),
        }
        made.append([values[name] for name in columns])
    return made


def written(folder: Path, *columns: str) -> tuple[Path, Path]:
    """A reference and a production as CSV, the latter shifted; without 'at' they have no timestamp."""
    names = columns or ("id", "at", "amount", HOSTILE, "region", "score")
    found = []
    for side, start, days, shift in (("reference", "2024-01-01", 56, 0.0), ("production", "2024-03-04", 28, 40.0)):
        path = folder / f"{side}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([names, *rows(start, days, shift, names)])
        found.append(path)
    return found[0], found[1]


@pytest.fixture
def two_files(tmp_path):
    """As written, in a folder of the test's own."""
    return partial(written, tmp_path)


def words(at: AppTest) -> str:
    """All that a page says, joined."""
    said = [*at.markdown, *at.caption, *at.subheader, *at.code, *at.warning, *at.info, *at.text, *at.title]
    return "\n".join(str(one.value) for one in said)
