"""Two files before there is a monitor: opened once, and held against each other as far as one look tells."""

import streamlit as st

from engine.explore import first_look
from engine.findings import Finding
from engine.pair import open_both
from engine.tables.sources import Dataset, find_files
from pages.shared.entries import prints


def datasets_of(reference: str, production: str) -> tuple[Dataset, Dataset]:
    """Both files opened with guessed kinds and roles, before there is a monitor."""
    files = [file for path in (reference, production) for file in find_files(path)]
    return _datasets(reference, production, prints(files))


@st.cache_resource(max_entries=6, show_spinner="Reading both files …")
def _datasets(reference: str, production: str, prints: str) -> tuple[Dataset, Dataset]:
    return open_both(reference, production)


def first_look_of(reference: Dataset, production: Dataset) -> list[Finding]:
    """What both files tell before there is a monitor, by the kinds and roles that were chosen."""
    files = [*reference.files, *production.files]
    chosen = ",".join(f"{one.name!r} {one.kind} {one.role}" for one in reference.columns)
    return _first_look(prints(files), chosen, reference, production)


@st.cache_resource(max_entries=12, show_spinner="Holding the files against each other …")
def _first_look(prints: str, chosen: str, _reference: Dataset, _production: Dataset) -> list[Finding]:
    return first_look(_reference, _production)
