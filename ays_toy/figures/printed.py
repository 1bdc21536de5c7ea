"""Figures that leave the page: one look on white paper, and a page that shows a figure and needs nothing else."""

import html
from typing import Any

import plotly.graph_objects as go

INK, PAPER, LINES = "#15171C", "#FFFFFF", "#E2E4E8"
FONT = "Arial, Helvetica, sans-serif"
HEIGHT = 360  # pixels of a figure that has no height of its own
_AXIS = {"gridcolor": LINES, "zerolinecolor": LINES, "linecolor": INK, "automargin": True}
LOOK: dict[str, Any] = {  # a template of Plotly's
    "layout": {
        "font": {"family": FONT, "color": INK},
        "paper_bgcolor": PAPER,
        "plot_bgcolor": PAPER,
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
}
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 1200px; margin: 1.5rem auto; padding: 0 1rem; }}
body {{ color: {ink}; background: {paper}; font: 16px/1.45 {font}; }}
h1 {{ font-size: 1.3rem; margin: 0 0 0.6rem; }}
button, input {{ font: inherit; accent-color: #A84600; }}
button {{ min-width: 5rem; padding: 0.3rem 0.8rem; }}
.drawn {{ overflow-x: auto; }} /* on a phone */
.drawn > div {{ min-width: 40rem; }}
.player {{ display: flex; gap: 0.8rem; align-items: center; margin: 0.6rem 0; }}
.player input {{ flex: 1; }}
.words {{ font-variant-numeric: tabular-nums; min-height: 1.45em; }}
</style>
</head>
<body>
<h1>{title}</h1>
{more}
<div class="drawn" role="region" aria-label="Figure" tabindex="0">
{figure}
</div>
<p>{words}</p>
</body>
</html>
"""


def printed(figure: go.Figure) -> go.Figure:
    """A copy of the figure in ink on white paper, whatever look the screen gives it."""
    copy = go.Figure(figure)
    copy.layout.template = LOOK
    return copy


def as_page(figure: go.Figure, title: str, words: str, *, more: str = "", script: str = "") -> str:
    """An HTML page with the figure between its title and its words; opened anywhere, it loads nothing.

    `more` is HTML that comes above the figure, `script` what runs once that is drawn.
    """
    drawn = printed(figure).to_html(
        full_html=False,
        include_plotlyjs=True,
        div_id="figure",
        auto_play=False,
        post_script=script or None,
        default_height=f"{figure.layout.height or HEIGHT}px",
        config={"displaylogo": False, "responsive": True},
    )
    said = {"title": html.escape(title), "words": html.escape(words)}
    return _PAGE.format(figure=drawn, more=more, ink=INK, paper=PAPER, font=FONT, **said)
