"""Data: bring a reference and a production file in, check how they were read, and start monitoring."""

import pandas as pd
import streamlit as st

from engine.columns import Kind, Role
from engine.errors import PlumblineError
from engine.findings import Severity
from engine.monitor.write import to_yaml
from engine.slices import UNITS
from engine.tables.sources import Dataset
from pages.shared import states
from pages.shared.draft import draft, start
from pages.shared.files import datasets_of, first_look_of
from pages.shared.intake import Source, allowed_roots, source_at, source_of
from pages.shared.uploading import uploader
from pages.shared.words import badge, counted, plain

SIDES = {"reference": "what the model was built or approved on", "production": "what it sees now"}
UPLOAD, PATH = "Upload a file", "Point to a path"
SOURCES = "sources"


def main() -> None:
    st.markdown("Two files: the data a model was approved on, and the data it sees now. They stay on this machine.")
    for place, side in zip(st.columns(2, gap="large"), SIDES, strict=True):
        with place, st.container(border=True, key=f"side_{side}"):
            bring(side)
    sources: dict[str, Source] = st.session_state.get(SOURCES, {})
    if set(sources) != set(SIDES):
        missing = " and a ".join(side for side in SIDES if side not in sources)
        states.empty(
            "Not both files yet", f"What is missing: a {missing} file.",
            "Give Parquet or CSV; columns are matched by name.", to_data=False,
        )  # fmt: skip
        return
    try:
        reference, production = datasets_of(sources["reference"].path, sources["production"].path)
        preview(reference, production)
        choose(reference, production, sources)
    except PlumblineError as error:
        states.broken("These files cannot be used as they are", error, "Mend the file or give another.", to_data=False)


def bring(side: str) -> None:
    """One side: an upload or a path, and what was brought."""
    st.subheader(side.capitalize(), anchor=False)
    st.caption(SIDES[side])
    how = st.segmented_control(
        "How", [UPLOAD, PATH], default=UPLOAD, required=True, key=f"how_{side}", persist_state="session",
        label_visibility="collapsed",
    )  # fmt: skip

    def take(upload: str = "") -> None:
        """Remember what was brought."""
        given = upload or st.session_state[f"path_{side}"]
        st.session_state.pop(f"error_{side}", None)
        if not given:
            return
        try:
            source = source_of(given) if upload else source_at(given)
        except PlumblineError as error:
            st.session_state[f"error_{side}"] = error
            return
        st.session_state[SOURCES] = {**st.session_state.get(SOURCES, {}), side: source}

    if how == UPLOAD:
        if done := uploader(side, f"Choose the {side} file", f"upload_{side}"):
            take(done["id"])
    else:
        st.text_input(
            "File, folder or pattern", key=f"path_{side}", on_change=take, placeholder="data/demo/reference.parquet",
            help="Under: " + ", ".join(plain(root) for root in allowed_roots()), persist_state="session",
        )  # fmt: skip
    if error := st.session_state.get(f"error_{side}"):
        states.broken("This cannot be read", error, "Give another file.", key=f"broken_{side}", to_data=False)
    elif source := st.session_state.get(SOURCES, {}).get(side):
        st.markdown(f":green[●] **{plain(source.name)}**")


def preview(reference: Dataset, production: Dataset) -> None:
    """The first rows of both, and how they were read."""
    st.subheader("As it was read", anchor=False)
    for tab, one, side in zip(st.tabs([s.capitalize() for s in SIDES]), (reference, production), SIDES, strict=True):
        with tab:
            st.markdown(f"**{one.rows:,}** rows · **{len(one.columns)}** columns · {plain(one.how)}")
            for said in one.notes:
                st.warning(plain(said), icon=":material/rule:")
            head = one.query(f"SELECT * FROM {one.scan} LIMIT 20")
            st.dataframe(head, hide_index=True, height=220, key=f"head_{side}", alt=f"First rows of the {side} file")


def choose(reference: Dataset, production: Dataset, sources: dict[str, Source]) -> None:
    """Kinds and roles as guessed, to be changed; cohorts, windows; then start."""
    st.subheader("What the columns are", anchor=False)
    columns = reference.columns
    rows = {
        "Column": [c.name for c in columns], "Type": [c.type for c in columns],
        "Kind": [str(c.kind) for c in columns], "Role": [str(c.role) for c in columns], "Why": [c.why for c in columns],
    }  # fmt: skip
    edited = st.data_editor(
        pd.DataFrame(rows), hide_index=True, disabled=["Column", "Type", "Why"], alt="Kinds and roles of the columns",
        key=f"editor_{sources['reference'].path}", height=460 if len(columns) > 12 else "auto",
        column_config={
            "Kind": st.column_config.SelectboxColumn(options=[str(kind) for kind in Kind], required=True),
            "Role": st.column_config.SelectboxColumn(options=[str(role) for role in Role], required=True),
            "Why": st.column_config.TextColumn("Why this was guessed", width="large"),
        },
    )  # fmt: skip
    kinds = dict(zip(edited["Column"], edited["Kind"], strict=True))
    roles = dict(zip(edited["Column"], edited["Role"], strict=True))
    changed = {name: str(role) for name, role in roles.items()}
    differences = first_look_of(reference.assign(kinds, changed), production)
    st.subheader("Differences between the files", anchor=False)
    if not differences:
        st.markdown(f"{badge(Severity.OK)} Both files have the same {counted(len(reference.columns), 'column')}.")
    for one in differences:
        st.markdown(f"{badge(one.severity)} {plain(one.sentence)}")
    st.subheader("Start", anchor=False)
    first, second, third = st.columns(3)
    name = first.text_input("Name of the monitor", value="my-monitor", key="new_name", persist_state="session")
    groups = [c for c, kind in kinds.items() if kind == Kind.CATEGORICAL and production.has(c) and roles[c] != Role.ID]
    cohorts = second.multiselect("Cohorts", groups, key="new_cohorts", help="Columns whose values you compare apart.")
    timed = Role.TIMESTAMP in roles.values()
    unit = third.selectbox("Windows", UNITS, index=2, key="new_unit", disabled=not timed) if timed else "week"
    if not timed:
        third.caption("No column is the timestamp, so there are no windows: all rows are looked at together.")
    monitor = draft(name or "", reference, sources, kinds, changed, cohorts, str(unit))
    with st.container(horizontal=True):
        st.button("Start monitoring", type="primary", key="start", on_click=start, args=(monitor,))
        st.download_button("Download as YAML", to_yaml(monitor), "monitor.yaml", key="yaml", on_click="ignore")


main()
