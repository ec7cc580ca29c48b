"""What a first page draws with, named to the browser with the page's document, so that it is fetched meanwhile.

Streamlit's page asks for Plotly only once a chart has arrived, and then for all that it stands on, wave after wave,
while the browser had nothing to do before.
"""

import json
from pathlib import Path

# As the manifest of Streamlit's build names them: what the charts and the pickers are drawn with.
WANTED = ("PlotlyChart/PlotlyChart.tsx", "Metric/Metric.tsx", "Selectbox/Selectbox.tsx", "_embed.")
MOST = 12  # files, under 1 KB of header: a long one would not pass every proxy


def links(static: Path) -> bytes:
    """A Link header of the largest files that WANTED stands on and the page does not name; empty where none is known.

    static: Streamlit's folder of files. Paths are relative, like those in its page, so they hold below any address.
    """
    try:
        built = json.loads((static / "manifest.json").read_text(encoding="utf-8"))
        keys = [key for key in built if any(one in key for one in WANTED)]
        files = {built[key]["file"] for key in _below(built, keys) - _below(built, ["index.html"])}
        largest = sorted((one for one in files if one.endswith(".js")), key=lambda one: -(static / one).stat().st_size)
    except (OSError, ValueError, KeyError):  # another build: nothing is named, and all is fetched when it is needed
        return b""
    return ", ".join(f"<./{one}>; rel=modulepreload" for one in largest[:MOST]).encode("ascii")


def _below(built: dict[str, dict[str, list[str]]], keys: list[str]) -> set[str]:
    """Parts and all that they import."""
    found, ahead = set(), list(keys)
    while ahead:
        if (one := ahead.pop()) not in found and one in built:
            found.add(one)
            ahead += built[one].get("imports", [])
    return found
