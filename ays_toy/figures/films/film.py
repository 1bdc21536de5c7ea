"""What every film has: frames with words, and a page on which they play by themselves."""

import html
import json
from collections.abc import Sequence
from pathlib import Path

import plotly.graph_objects as go

from ays_toy.figures.printed import as_page

SECONDS = 8.0  # that a film takes
_SCRIPT = (Path(__file__).parent / "player.js").read_text(encoding="utf-8")
_PLAYER = """<div class="player" role="group" aria-label="Animation">
<button id="play" type="button">Play</button>
<input id="bar" type="range" min="0" max="{last}" value="0" step="1" aria-label="{what}">
</div>
<p class="words" id="words"></p>"""


def milliseconds(frames: int) -> int:
    """How long each of so many frames is seen: a multiple of ten, which is what a GIF counts in."""
    return 10 * round(100 * SECONDS / frames)


def as_film(figure: go.Figure, title: str, words: str, labels: Sequence[str], what: str) -> str:
    """An HTML page that plays the figure's frames, named by their numbers, when it is opened.

    It does not where the reader wants no motion. Each frame has a label; `what` says what the bar moves through.
    """
    last = len(labels) - 1
    spoken = json.dumps(list(labels)).replace("<", "\\u003c")
    script = f"const labels = {spoken}, pace = {milliseconds(len(labels))};\n{_SCRIPT}"
    return as_page(figure, title, words, more=_PLAYER.format(last=last, what=html.escape(what)), script=script)
