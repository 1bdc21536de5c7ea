"""One colour, dash and marker per schedule, everywhere (after Okabe and Ito's colour-blind safe set).

Warm colours are what was optimized, violet what the reader dials, slate what the reader brings, cool ones the
baselines, dull ones what other papers propose; what is data or a reference is grey. Each stands out by 3:1 on the light
page and on the dark one, which leaves little room between them: dash and marker tell apart what colour alone does not
to every eye.
"""

from dataclasses import dataclass

from ays_toy.names import ABOUT, TITLES


@dataclass(frozen=True)
class Style:
    """How a schedule is named and drawn (Plotly's dash and marker symbol), and what it is."""

    title: str
    color: str
    dash: str
    symbol: str
    about: str


_LOOKS: dict[str, tuple[str, str, str]] = {
    "choice": ("#D93B60", "8px,3px", "hexagon"),
    "ays": ("#D55E00", "solid", "circle"),
    "ays-at-rest": ("#865839", "4px,2px", "circle-x"),
    "klub-optimum": ("#AA8649", "solid", "star"),
    "p-optimum": ("#785EF0", "6px,2px", "star-diamond"),
    "ode-optimum": ("#5B8DEF", "2px,3px", "hourglass"),
    "published": ("#A65628", "12px,3px,3px,3px", "circle-open"),
    "pipeline": ("#B0613A", "2px,2px,8px,2px", "circle-cross"),
    "yours": ("#607D8B", "10px,2px", "hexagram"),
    "edm": ("#009E73", "dot", "diamond"),
    "logsnr": ("#CC79A7", "dashdot", "triangle-up"),
    "time-uniform": ("#0072B2", "dash", "square"),
    "time-quadratic": ("#2F9CCB", "longdash", "cross"),
    "cosine": ("#999933", "longdashdot", "x"),
    "gaussian": ("#AA4499", "2px,6px", "pentagon"),
    "entropic": ("#4B8B3E", "14px,2px", "triangle-down"),
    "rescaled-entropic": ("#7C823A", "1px,4px", "diamond-tall"),
    "boss": ("#B86185", "6px,3px,2px,3px", "triangle-left"),
    "gits": ("#AE6E4E", "10px,3px,2px,3px,2px,3px", "triangle-right"),
    "curvature": ("#3E8B6B", "5px,5px", "bowtie"),
    "dmn": ("#4984A2", "3px,2px,8px,2px", "star-square"),
    "ld3": ("#A961B8", "16px,4px", "star-triangle-up"),
    "bezier": ("#7A74C1", "4px,4px,1px,4px", "diamond-wide"),
}
STYLES: dict[str, Style] = {name: Style(TITLES[name], *look, ABOUT[name]) for name, look in _LOOKS.items()}
REFERENCE = "#8C8C8C"
ATTEMPT = "attempt"  # the name of what is placed by hand right now, which has the color of the text
MODEL = "#0072B2"  # curves of a model that is trained
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
DENSITY = "Cividis"


def color(name: str) -> str:
    """The color of a schedule, or of the data and what else is no schedule but a reference."""
    return "inherit" if name == ATTEMPT else STYLES[name].color if name in STYLES else REFERENCE
