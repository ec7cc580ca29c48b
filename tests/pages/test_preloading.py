"""The files that a page's document names: those of the Streamlit that is installed, and none where nothing is known."""

import json
from pathlib import Path

import streamlit

from pages.shared.preloading import MOST, links

STATIC = Path(streamlit.__file__).parent / "static"


def test_what_charts_stand_on_is_named_once_and_lies_there():
    header = links(STATIC).decode()
    files = [one.split(">")[0].removeprefix("<./") for one in header.split(", ")]
    assert len(files) == len(set(files)) == MOST and len(header) < 1000
    assert all((STATIC / one).is_file() for one in files)
    assert "PlotlyChart" in files[0] and any("embed" in one for one in files)
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not any(one in page for one in files), "the page names these itself"


def test_another_build_of_streamlit_names_nothing(tmp_path):
    assert links(tmp_path) == b""
    for built in ("no JSON", "{}", json.dumps({"_embed.js": {}}), json.dumps({"_embed.js": {"file": "gone.js"}})):
        (tmp_path / "manifest.json").write_text(built)
        assert links(tmp_path) == b"", built
