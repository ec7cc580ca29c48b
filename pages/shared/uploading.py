"""The uploader: a small script of ours that sends a file in pieces, and what became of it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from pages.shared.allowance import amount, largest
from pages.shared.inbox import open_inbox
from pages.shared.intake import session
from pages.shared.visiting import check

ASSETS = Path(__file__).parent / "assets"
OURS = ComponentManifest("plumbline", "1", [ComponentConfig("upload", ASSETS.name)])
NAME = "plumbline.upload"
KINDS = "Parquet, CSV, Excel, JSON lines, Arrow; also .gz, .zst, .zip"  # what a file is, its content says


def uploader(side: str, label: str, key: str) -> dict[str, Any] | None:
    """A place to choose or drop a file. Answers {id, already} once, when the file is whole in this session's inbox."""
    check("upload")
    open_inbox(session())
    most = amount(largest())
    data = {
        "token": session(), "side": side, "label": label, "limit": largest(), "most": most,
        "said": f"or drop it here: {KINDS} · at most {most} · it stays on this server",
    }  # fmt: skip
    manager = get_bidi_component_manager()
    if manager.get_component_asset_root(NAME) is None:  # a server knows it from the first visit on
        manager.register_from_manifest(OURS, ASSETS.parent)
    done: dict[str, Any] | None = _component()(data=data, key=key, on_done_change=lambda: None).done
    return done


@lru_cache(maxsize=1)
def _component() -> Any:
    """The script as a file of this server: what stands in the page itself, its security policy does not run."""
    html = (ASSETS / "upload.html").read_text(encoding="utf-8")
    return st.components.v2.component(NAME, html=html, css="upload.css", js="upload.js")
