"""What the server logs: our events, and what Streamlit and its web server say, in one form on stderr."""

import logging

from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.logs import start_logging

# Streamlit's word on what asks for a page where none is: what is computed in the background draws nothing
NO_PAGE = "streamlit.runtime.scriptrunner_utils.script_run_context"
LIBRARIES = ("streamlit", "uvicorn", "websockets", "starlette")


def begin_log() -> None:
    """Write the log as the environment asks for, with the session that is being served."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in LIBRARIES]
    start_logging(names, session)
    logging.getLogger(NO_PAGE).setLevel("ERROR")


def session() -> str | None:
    """The session whose page is being computed; None in the background and at an address of its own."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else None
