"""A row of pictures as it is seen until its figure has been drawn: a page that opens reads Plotly for seconds.

It is the figure's own: the same pictures at the same places under the same words, in a few kilobytes of HTML.
"""

import html
import time
from collections.abc import Sequence
from typing import Any

from PIL import Image
from streamlit import runtime

from ays_toy.figures import Panel
from ays_toy.figures.density import BETWEEN, margins, shade_colors
from ays_toy.figures.images import png_address
from ays_toy.ui import presenting, record

CSS = """
<style>
[class*="st-key-panels_box"] { position: relative; }
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-before-"]) {
  position: absolute; inset: 0; height: auto; z-index: 1; pointer-events: none; overflow: hidden;
}
[class*="st-key-before-"], [class*="st-key-before-"] * { height: 100%; }
[class*="st-key-panels_box"]:has(.heatmaplayer image) [class*="st-key-before-"] { display: none; }
.before { display: grid; box-sizing: border-box; background: var(--st-background-color, light-dark(#FFFFFF, #0E1117)); }
.before > div { container-type: size; display: grid; place-items: center; }
.before figure { position: relative; margin: 0; height: auto; width: min(100cqw, 100cqh); aspect-ratio: 1; }
.before img { display: block; width: 100%; image-rendering: pixelated; border-radius: 0; }
.before figcaption {
  position: absolute; bottom: calc(100% + 2px); left: 50%; height: calc(19.5px * var(--type) * var(--lines));
  translate: -50%; text-align: center; white-space: nowrap; font-size: calc(15px * var(--type)); line-height: 1.3em;
}
.before small { font-size: calc(12px * var(--type)); }
.before b { font-weight: 700; }
@container pictures (max-width: 800px) { .before figcaption { font-size: 12px; } .before small { font-size: 11px; } }
</style>
"""


HEAD_START = 0.8  # seconds, which a browser that is new here takes to read what it needs for them


def opens(key: str) -> bool:
    """Whether the pictures of the figure `key` have not been there since the page was opened."""
    return key not in record.this_session().opened


def show(place: Any, panels: Sequence[Panel], key: str, whole: bool) -> None:
    """Draw the pictures in the container `place`, where the figure `key` comes after this, if the page opens with them.

    The browser has a moment for them before it is told to read Plotly. They stay, hidden, for as long as the figure
    shows the same. Nothing is drawn where some of them are still to come.
    """
    box, opened, seen = place.container(key=f"before-{key}"), record.this_session().opened, tuple(panels)
    if first := opens(key) and whole:
        opened[key] = seen, _row(panels, presenting.type_scale())
    if opened.get(key, (None, ""))[0] == seen:
        box.html(opened[key][1])
    elif key in opened:
        opened[key] = None, ""  # others have been chosen, which the browser has its own means for
    if first and runtime.exists():
        time.sleep(HEAD_START)


def _row(panels: Sequence[Panel], type_scale: float) -> str:
    around = margins(max(len(panel.notes) for panel in panels), type_scale)
    look = f"--type: {type_scale:g}; padding: {around['t']}px {around['r']}px {around['b']}px {around['l']}px; "
    look += f"column-gap: {BETWEEN:.1%}; grid-template-columns: repeat({len(panels)}, 1fr)"
    return f'<div class="before" style="{look}">{"".join(map(_picture, panels))}</div>'


def _picture(panel: Panel) -> str:
    picture = Image.fromarray(panel.image[::-1], "P")
    picture.putpalette(shade_colors().tobytes())
    words = "".join(f"<br><small>{html.escape(note)}</small>" for note in panel.notes)
    name = f'<span style="color: {panel.color}">■</span> <b>{html.escape(panel.title)}</b>'
    said = html.escape(f"{panel.title}: {', '.join(panel.notes)}")
    image = f'<img src="{png_address(picture)}" alt="{said}">'
    caption = f'<figcaption style="--lines: {1 + len(panel.notes)}" aria-hidden="true">{name}{words}</figcaption>'
    return f"<div><figure>{caption}{image}</figure></div>"
