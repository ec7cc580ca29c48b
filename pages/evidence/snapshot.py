"""Snapshot: a recorded run as the document that is kept – what goes in, how it looks, who signs, and the file."""

import streamlit as st

from engine.errors import Cancelled, PlumblineError, UnusableStore
from engine.evidence.searched import Searched
from engine.evidence.snapshot import Options
from engine.record import Record
from engine.store import Store
from pages.shared import recorded, states
from pages.shared.exported_before import show_history
from pages.shared.exporting import show_exports
from pages.shared.no_runs import nothing
from pages.shared.on_record import all_runs, chosen_run, words_of
from pages.shared.preview import Preview, forget, preview_of
from pages.shared.recording import store_broken
from pages.shared.searching import searching, show_search
from pages.shared.signing import show_signing
from pages.shared.slicing import finish, show_slice
from pages.shared.visiting import name_field
from pages.shared.words import counted, plain

SHEETS = {"A4": "a4", "US Letter": "us-letter"}


def main() -> None:
    try:
        store = recorded.the_store()
        finish()
        runs = all_runs(store)
        run = chosen_run(runs, "Choose a run") if runs else None
        show_slice(store, run)
        if not runs:
            nothing(store)
        elif run is None:
            st.markdown("Choose a run in the sidebar, or among all of them: its pages are shown as they will be kept.")
            st.page_link("evidence/runs.py", label="Every run", icon=":material/history:")
        else:
            show(store, run)
    except UnusableStore as error:
        store_broken(error)


def show(store: Store, run: Record) -> None:
    """The pages to the left; what goes in, the file and the signature to the right."""
    st.markdown(
        f"{plain(words_of(run)[:1].upper() + words_of(run)[1:])} of {plain(run.monitor)}, against "
        f"{plain(run.against)} · run `{run.id}`, **{run.rows:,}** rows, recorded {run.at[:16].replace('T', ' ')} UTC"
    )
    left, right = st.columns([3, 2], gap="large")
    with right:
        st.subheader("What goes in", anchor=False)
        by, options = choose()
        work = searching(store, run, options.brief)
        looked, waits = show_search(store, run, work)
        place = st.container()
        show_signing(store, run)
    with left:
        made = preview(store, run, options, by, looked)
    with place:
        if made is not None:
            show_exports(store, run, options, by, made, looked, waits)
    show_history(store, run)


def choose() -> tuple[str, Options]:
    """Who asks, and the options."""
    by = name_field(st, persist_state="session", placeholder="Stands in the file")
    brief = st.segmented_control("Length", ["everything", "two pages"], default="everything", required=True,
                                 key="length", bind="query-params") == "two pages"  # fmt: skip
    with st.expander("More options", key="more_options"):
        environment = st.text_input("Environment", key="environment", bind="query-params",
                                    placeholder="where the model is served: production, pilot …")  # fmt: skip
        first, second, third = st.columns(3)
        cards = first.number_input("Columns with a card", 0, 500, 60, key="cards", bind="query-params",
                                   help="Worst first. The table and the JSON hold all columns.")  # fmt: skip
        least = second.number_input("Least rows of a category", 1, 1000, 5, key="least_rows", bind="query-params",
                                    help="Rarer categories are pooled: they may tell of persons.")  # fmt: skip
        top = third.number_input("Named categories", 1, 250, 30, key="top", bind="query-params",
                                 help="The most frequent by name, the others pooled.")  # fmt: skip
        paper = st.segmented_control("Paper", list(SHEETS), default="A4", required=True, key="sheet",
                                     bind="query-params")  # fmt: skip
    where = (environment or "").strip()
    return by, Options(int(cards), int(least), int(top), where, brief, SHEETS[paper or "A4"])


def preview(store: Store, run: Record, options: Options, by: str, looked: Searched | None) -> Preview | None:
    """The pages as they are, one at a time; None where they cannot be drawn, which is told."""
    work = preview_of(store, run, options, by, looked)
    states.wait(work, "Drawing the pages", "the document is laid out as it will be exported.", "drawing")
    try:
        made = work.future.result()
    except (Cancelled, PlumblineError) as error:
        forget(store, run, options, by, looked)
        states.broken("The pages cannot be drawn", error, "Choose other options or another run.", to_data=False)
        st.button("Draw again", key="draw_again")
        return None
    except Exception:
        forget(store, run, options, by, looked)
        raise
    stamps = " ".join(f":orange-badge[▲ {plain(one)}]" for one in made.stamps)
    pages = len(made.pages)
    st.markdown(f"{counted(pages, 'page')}, exactly as the PDF has them. {stamps}")
    state = st.session_state
    if (state.get("page") or 1) > pages:
        state["page"] = pages
    at = st.pagination(pages, key="page") if pages > 1 else 1
    with st.container(border=True, key="paper"):
        st.image(made.pages[at - 1], width="stretch", output_format="PNG",
                 caption=f"Page {at} of {pages} of the evidence of run {run.id}")  # fmt: skip
    return made


main()
