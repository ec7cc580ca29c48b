"""What is shown when there is nothing to show: no monitor, something broken, still opening; always with what to do."""

from concurrent.futures import wait as ended
from typing import Any

import streamlit as st

from engine.errors import Cancelled, PlumblineError
from engine.explore import Opened
from pages.shared import door
from pages.shared.entries import Entry
from pages.shared.words import plain

DATA_PAGE = "setup/data.py"
LOOK = 0.15  # seconds between two looks at how far something is


def empty(title: str, why: str, todo: str, to_data: bool = True) -> None:
    """A state without data: what is missing, why, and what to do."""
    with st.container(border=True, key="empty_state"):
        st.markdown(f"**◌ {title}**")
        st.markdown(why)
        st.markdown(todo)
        if to_data:
            st.page_link(DATA_PAGE, label="Bring data in", icon=":material/upload_file:")


def broken(title: str, error: PlumblineError, todo: str, key: str = "broken_state", to_data: bool = True) -> None:
    """An error that its reader can mend: the engine's own text, unchanged, and what to do."""
    with st.container(border=True, key=key):
        st.markdown(f":red[■] **{title}**")
        st.code(str(error), language=None, wrap_lines=True)
        st.markdown(todo)
        if to_data:
            st.page_link(DATA_PAGE, label="Open the Data page", icon=":material/upload_file:")


def open_or_stop(entry: Entry) -> Opened:
    """The opened monitor; while it opens, how far it is, and a way to stop it. Ends the run if it cannot be opened."""
    work = door.opening(entry.key, entry)
    wait(
        work, f"Opening {plain(entry.name)}", "columns are binned on the reference, then both sides counted.", "opening"
    )
    try:
        return work.future.result()
    except Cancelled as error:
        broken("Opening was stopped", error, "Nothing was changed. Open it again when you are ready.", to_data=False)
        st.button("Open again", on_click=door.forget, args=(entry,), key="open_again", type="primary")
    except PlumblineError as error:
        door.forget(entry)  # the next run looks again: the file may have been mended
        todo = (
            f"The monitor **{plain(entry.name)}** cannot be opened. Mend what is named above; "
            "this page looks again whenever it runs."
        )
        broken("This monitor's data cannot be read", error, todo)
        st.button("Look again", key="look_again")
    except Exception:
        door.forget(entry)  # a defect of ours: it is told, and not kept
        raise
    st.stop()


def wait(work: door.Work[Any], title: str, said: str, key: str) -> None:
    """Show progress until the work ends. The button reruns the page, which ends this wait by itself."""
    if work.future.done():
        return
    place = st.empty()
    with place.container(border=True, key=f"{key}_state"):
        st.markdown(f"**{title}** – {said}")
        bar = st.progress(0.0, "reading the files")
        st.button("Stop", on_click=work.stop.set, key=f"stop_{key}")
    while not ended([work.future], LOOK).done:  # returns at once when it ends; each look is a message to the browser
        bar.progress(float(work.told["share"]), plain(work.told["said"]))
    place.empty()
