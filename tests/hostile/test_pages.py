"""Every page on data and a monitor full of harm, asked for by links full of harm: drawn as text, never an exception."""

from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pages.shared.words import JOINER, plain
from tests.hostile.test_monitors import quoted
from tests.hostile.texts import STORABLE, TEXTS, WORD
from tests.pages.conftest import APART, PAGES, app, store_url, words  # noqa: F401  # fixtures
from tests.pages.recorded import record

NAMES = ("script", "link", "picture", "markdown", "streamlit", "latex", "formula command", "header", "template", "chat",
         "right to left", "long", "sql copy", "end of everything", "variable", "typst read")  # fmt: skip
SIGNS = set("<>[]()*_`$:#|{}~!\\=")
ACTIVE = [text for text in STORABLE.values() if len(SIGNS & set(text)) > 1 and text == " ".join(text.split())]
PARAMS = (
    "window", "against", "filter", "against-cohort", "without", "column", "metric", "run", "by", "form", "how", "find",
    "find_run", "rate", "selected", "search", "event", "baseline", "since", "cards", "top", "least_rows", "length",
    "environment", "log", "beside", "versions", "file", "pattern", "offending", "earlier_revisions", "with_data",
)  # fmt: skip


def table(start, days, shift):
    rows = range(days * 20)
    found = {"id": list(rows), "at": [datetime.fromisoformat(start) + timedelta(minutes=72 * i) for i in rows]}
    categories = [STORABLE[name] for name in NAMES]
    for i, text in enumerate(categories):
        numbers = [(k * 7919 % 100) / 10 + shift for k in rows]
        found[text] = numbers if i % 2 else [categories[(k * 31 + int(shift)) % len(categories)] for k in rows]
    return pa.table(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A monitor whose every word came from outside, its windows recorded."""
    home = tmp_path_factory.mktemp("hostile pages")
    monitors = home / "monitors"
    monitors.mkdir()
    pq.write_table(table("2024-01-01", 28, 0.0), home / "reference.parquet")
    pq.write_table(table("2024-03-04", 14, 4.0), home / "production.parquet")
    said = {name: quoted(TEXTS[name]) for name in TEXTS}
    (monitors / "m.yaml").write_text(
        f"monitor: {said['end of everything']}\ndescription: {said['picture']}\nowner: {said['script']}\n"
        f"model: {{name: {said['markdown']}, version: {said['link']}}}\n"
        f"reference: {{path: {home}/reference.parquet}}\nproduction: {{path: {home}/production.parquet}}\n"
        f"columns: {{id: id, timestamp: at, cohorts: [{said['script']}]}}\n"
        f"cohorts: {{{said['streamlit']}: ['id>=1']}}\n"
        f"events: [{{at: 2024-03-06, name: {said['image']}}}]\npolicy: {{persist: 1 of 1}}\n"
    )
    url = f"sqlite:///{home}/s.db"
    record(monitors / "m.yaml", url)
    return monitors, url


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.setenv("PLUMBLINE_MONITORS", str(folder[0]))
    monkeypatch.setenv("PLUMBLINE_STORE", folder[1])


def drawn_as_text(at):
    """What a page says holds no text from outside that Markdown would read."""
    read = [*at.markdown, *at.caption, *at.subheader, *at.warning, *at.info, *at.error, *at.success, *at.title]
    said = "\n".join(str(one.value) for one in read)
    for text in ACTIVE:
        assert text not in said, f"{text!r} stands as it is in what is read as Markdown"
    assert WORD not in words(at) + said


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PAGES, *APART])
def test_a_page_draws_hostile_data_as_text(app, here, name):  # noqa: F811
    at = app(name, window="2024-03-04")
    drawn_as_text(at)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*PAGES, *APART])
def test_a_page_asked_for_by_a_hostile_link_opens(app, here, name):  # noqa: F811
    texts = [text for text in STORABLE.values() if text]
    start = 7 * [*PAGES, *APART].index(name)
    params = {key: texts[(start + i) % len(texts)] for i, key in enumerate(PARAMS)}
    params[f"cohort-{TEXTS['script']}"] = texts[start % len(texts)]
    at = app(name, **{key.replace("-", "__", 1): value for key, value in params.items() if key != "filter"})
    drawn_as_text(at)
    if name in PAGES and name != "Data":
        at = app(name, filter=params["filter"])
        drawn_as_text(at)


@pytest.mark.parametrize("text", STORABLE.values(), ids=STORABLE)
def test_text_from_outside_is_no_markdown(text):
    said = plain(text)
    bare = said.replace(JOINER, "")
    at = 0
    while at < len(bare):  # every sign that Markdown could read stands behind a backslash
        if bare[at] == "\\":
            at += 1
            assert bare[at] in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
        else:
            assert bare[at].isalnum() or bare[at] == " " or not bare[at].isascii() or not bare[at].isprintable()
        at += 1
    assert "\n" not in said and "\r" not in said
