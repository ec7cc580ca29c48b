"""A figure that goes to a browser as it is described; Plotly checks every part of it when somebody asks for one.

Plotly's check of a map or a timeline, and the copies that it makes of it, cost more of the processor than all
that was computed for it. What goes out says the same (tests/charts holds every figure against Plotly's own).
"""

from functools import cache
from typing import Any

import plotly.graph_objects as go
import plotly.io as pio


class Drawn(go.Figure):  # type: ignore[misc]
    """A figure of a description {"data": …, "layout": …} as Plotly takes it, and all that Plotly's own can do.

    >>> figure = Drawn({"data": [{"type": "bar", "y": [1, 2]}], "layout": {"height": 90}})
    >>> figure.to_dict()["data"][0]["y"], figure.data[0].y
    ([1, 2], (1, 2))
    """

    def __init__(self, described: dict[str, Any]) -> None:
        self.__dict__["described"] = described

    def to_dict(self) -> dict[str, Any]:
        """The description with Plotly's own look beneath it; what was changed since by the figure's parts is in it."""
        described = self.__dict__.get("described")
        if described is None:
            return dict(super().to_dict())
        return {"data": described["data"], "layout": {"template": _template(), **described["layout"]}}

    def __getattr__(self, name: str) -> Any:
        """Reached for what an unchecked figure does not have: it is checked, which gives it all of that."""
        described = self.__dict__.pop("described", None)
        if described is None:
            raise AttributeError(name)
        super().__init__(described)
        return getattr(self, name)


@cache
def _template() -> dict[str, Any]:
    return dict(pio.templates[pio.templates.default].to_plotly_json())
