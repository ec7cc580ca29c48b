"""Plotly's own script, for files that must work where nothing can be fetched."""

from plotly.offline import get_plotlyjs


def plotly_script() -> str:
    """The script, about 5 MB; nothing in it ends an HTML element."""
    text: str = get_plotlyjs()
    return text.replace("</script", "<\\/script")
