"""Data: bring a reference and a production file in, see what was understood, and start monitoring."""

from contextlib import suppress
from hashlib import sha256
from typing import Any

import streamlit as st

from engine.errors import Cancelled, PlumblineError
from engine.findings import Severity
from engine.tables.text.read_alike import unlike
from pages.shared import as_read, column_table, files, starting, states, text_choices
from pages.shared.bringing import SIDES, bring, sources
from pages.shared.door import Work
from pages.shared.files import Looked
from pages.shared.intake import Source
from pages.shared.words import badge, counted, plain

TOLD = 6  # of what was noticed while reading: the rest stands with the rows


def main() -> None:
    st.markdown("Two files: the data a model was approved on, and the data it sees now. They stay on this server.")
    for place, side in zip(st.columns(2, gap="large"), SIDES, strict=True):
        with place, st.container(border=True, key=f"side_{side}"):
            bring(side)
    brought = sources()
    for source in brought.values():  # both begin before one is waited for
        with suppress(PlumblineError):
            files.reading(source)
    looked = {side: found for side in SIDES if side in brought and (found := read(side, brought[side]))}
    if set(looked) == set(SIDES):
        both(looked["reference"], looked["production"], brought)
        return
    if set(brought) != set(SIDES):
        missing = " and a ".join(side for side in SIDES if side not in brought)
        states.empty(
            "Not both files yet", f"What is missing: a {missing} file.",
            "Columns are matched by name; what they are is guessed, and shown before anything runs.", to_data=False,
        )  # fmt: skip
    for side, one in looked.items():
        as_read.show(one.dataset, side, brought[side].name)


def read(side: str, source: Source) -> Looked | None:
    """A side as it was read; while it is, how far that is. None where it cannot be, which is told."""
    try:
        work: Work[Looked] = files.reading(source)
        states.wait(
            work, f"Reading {plain(source.name)}", "what is no Parquet is made into it once.", f"reading_{side}"
        )
        return work.future.result()
    except Cancelled as error:
        states.broken("Reading was stopped", error, "Nothing was changed.", key=f"broken_{side}", to_data=False)
        st.button("Read it again", on_click=files.forget, args=(source,), key=f"again_{side}")
    except PlumblineError as error:
        with suppress(PlumblineError):  # a file that is gone was not kept either
            files.forget(source)  # the next run looks again: the file may have been mended
        error = files.called(error, source)
        title = f"The {side} file cannot be used as it is"
        states.broken(title, error, "Mend the file or give another.", key=f"broken_{side}", to_data=False)
        if source.text or source.sheet:
            st.button("Read it as it was found", key=f"reset_{side}", on_click=text_choices.reset, args=(side,))
    return None


def both(reference: Looked, production: Looked, brought: dict[str, Source]) -> None:
    """Both sides: what starts, what differs, what the columns are, and how they were read."""
    first = st.container()
    differs = st.container()
    st.subheader("What the columns are", anchor=False)
    work: Work[Any] = files.beside(reference, production)
    states.wait(work, "Looking at both sides", "their shapes are counted on the same bars.", "beside")
    key = f"editor_{sha256(reference.key.encode()).hexdigest()[:12]}"
    chosen = column_table.table(reference, production, work.future.result(), key)
    with differs:
        differences(reference, production, chosen)
    starting.show(first, reference, chosen, brought)
    st.subheader("As it was read", anchor=False)
    for tab, side in zip(st.tabs([one.capitalize() for one in SIDES]), SIDES, strict=True):
        with tab:
            one = reference if side == "reference" else production
            as_read.show(one.dataset, side, brought[side].name)


def differences(reference: Looked, production: Looked, chosen: column_table.Chosen) -> None:
    """What differs between the files before anything runs."""
    st.subheader("Differences between the files", anchor=False)
    known = reference.dataset.assign(chosen.kinds, chosen.roles)
    found = files.first_look_of(known, production.dataset)
    if not found and known.rows and production.dataset.rows:
        st.markdown(f"{badge(Severity.OK)} Both files have the same {counted(len(known.columns), 'column')}.")
    for one in sorted(found, key=lambda one: -one.severity.rank):
        st.markdown(f"{badge(one.severity)} {plain(one.sentence)}")
    sides = ((known, "reference"), (production.dataset, "production"))
    told = [f"{side}: {note}" for one, side in sides for note in one.notes]
    for said in [*unlike(known, production.dataset), *told[:TOLD]]:
        st.markdown(f":orange[▲] {plain(said)}")
    if len(told) > TOLD:
        st.caption(f"and {len(told) - TOLD} more, below")


main()
