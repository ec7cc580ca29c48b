"""Where monitor files lie, for whoever names none: the dashboard, what asks for its health, who tells a decision."""

import os
from pathlib import Path

VARIABLE, DEFAULT = "PLUMBLINE_MONITORS", "data/monitors"


def folder_of_monitors() -> Path:
    """The folder that PLUMBLINE_MONITORS names, by default data/monitors below the working folder; there or not."""
    return Path(os.environ.get(VARIABLE, DEFAULT))
