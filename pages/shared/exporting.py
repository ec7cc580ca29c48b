"""Evidence as a file: built when it is asked for, written into the ledger, and what was exported before."""

from typing import Any

import streamlit as st

from engine.access import Visitor, acts
from engine.errors import PlumblineError
from engine.evidence.forms import FORMS, render
from engine.evidence.sealing import house_key, sealed_here, tried_here
from engine.evidence.searched import Searched
from engine.evidence.snapshot import Options, file_name
from engine.record import Record
from engine.store import Store
from pages.shared import states
from pages.shared.door import Progress, begin
from pages.shared.preview import Preview, now
from pages.shared.visiting import claims, may, visitor_by

SAYS = {
    "pdf": "for archives: the pages, with the data attached",
    "html": "for reading: charts that answer to the mouse, 5 MB",
    "json": "for scripts: the data alone",
    "csv": "for spreadsheets: a row a finding",
}
FAST = 60  # columns of a run that is laid out within a second; of more, a file is built before it is fetched
BOX, BUILDING = "export_said", "export_building"


def build(
    who: Visitor, store: Store, run: str, options: Options, by: str, form: str, looked: Searched | None = None
) -> tuple[dict[str, Any], bytes]:
    """A snapshot of this moment and its bytes; nothing is recorded yet. looked: what a search for cohorts found."""
    made = acts.evidence_of(who, store, run, typed=by, generated_at=now(), options=options, looked=looked)
    return made, render(made, form)


def leave(who: Visitor, store: Store, made: dict[str, Any], data: bytes, form: str) -> bytes:
    """A file as it leaves: recorded, and a PDF sealed where this machine has a key."""
    tried_here(form)
    acts.keep(who, store, made, data, form)
    return sealed_here(data, form, store=store, by=str(made["requested_by"]))


def show_exports(
    store: Store, run: Record, options: Options, by: str, seen: Preview, looked: Searched | None, waits: bool
) -> None:
    """The form, and the button that gives the file. looked: what a search for cohorts found; waits: it still runs."""
    st.subheader("The file", anchor=False)
    form = st.segmented_control("Form", list(FORMS), default="pdf", required=True, key="form", bind="query-params",
                                format_func=str.upper)  # fmt: skip
    seal = " It is sealed with the key of this machine." if form == "pdf" and house_key() else ""
    st.caption(f"{SAYS[form].capitalize()}. Its SHA-256 goes into the ledger, with your name.{seal}")
    box: dict[str, str] = st.session_state.setdefault(BOX, {})
    there = claims()
    if not may("export"):
        st.caption("Exporting takes the role reviewer.")
    elif not by:
        st.button(f"Export {form.upper()}", key="export_nobody", disabled=True, type="primary")
        st.markdown("◌ Say who you are first: the file names who asked for it.")
    elif waits:
        st.button(f"Export {form.upper()}", key="export_waits", disabled=True, type="primary")
        st.markdown("◌ Cohorts are being searched; stop that to take the file without them.")
    elif seen.columns <= FAST:
        name = file_name(seen.snapshot, form)

        def make() -> bytes:
            """Runs when the button is pressed, outside of any page: what goes wrong is told below."""
            box.pop("error", None)
            try:
                who = visitor_by(there)  # roles as they are now
                made, data = build(who, store, run.id, options, by, form, looked)
                return leave(who, store, made, data, form)
            except PlumblineError as error:
                box["error"] = str(error)
                raise

        st.download_button(f"Export {form.upper()}", make, name, FORMS[form], key=f"export_{form}", type="primary",
                           icon=":material/download:")  # fmt: skip
    else:
        show_slow(store, run, options, by, form, seen, box, looked)


def show_slow(
    store: Store, run: Record, options: Options, by: str, form: str, seen: Preview, box: dict[str, str],
    looked: Searched | None,
) -> None:  # fmt: skip
    """A file of many columns: built in the background, then fetched."""
    there = claims()
    key = f"{run.id} {options} {by} {form} {seen.snapshot['generated_at']} {seen.snapshot['searched']}"
    asked, work = st.session_state.get(BUILDING, ("", None))
    if asked != key or work is None:

        def start() -> None:
            def task(tell: Progress) -> tuple[dict[str, Any], bytes]:
                tell(0.2, f"laying out {seen.columns} columns")
                return build(visitor_by(there), store, run.id, options, by, form, looked)

            st.session_state[BUILDING] = key, begin(task, "Building was stopped.", run.id)

        st.button(f"Build {form.upper()}", key="build", on_click=start, type="primary")
        return
    states.wait(work, f"Building {form.upper()}", f"{seen.columns} columns take some seconds.", "building")
    try:
        made, data = work.future.result()
    except PlumblineError as error:
        del st.session_state[BUILDING]
        states.broken("The file was not built", error, "Nothing was recorded; build it again.", to_data=False)
        return

    def fetch() -> bytes:
        """Runs when the button is pressed, as make does."""
        try:
            return leave(visitor_by(there), store, made, data, form)
        except PlumblineError as error:
            box["error"] = str(error)
            raise

    st.download_button(
        f"Export {form.upper()}, {len(data) / 1e6:.1f} MB", fetch, file_name(made, form), FORMS[form],
        key=f"export_{form}", type="primary", icon=":material/download:",
    )  # fmt: skip
