"""One colour, dash and marker per schedule, everywhere (Okabe and Ito's colour-blind safe set and kin).

Warm colours are what was optimized, violet what the reader dials, slate what the reader brings, cool ones the
baselines; what is data or a reference is grey.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """How a schedule is named and drawn: Plotly dash and marker symbol."""

    title: str
    color: str
    dash: str
    symbol: str
    about: str


STYLES: dict[str, Style] = {
    "ays": Style("AYS", "#D55E00", "solid", "circle", "The paper's coordinate search, stopped early."),
    "exact": Style("Optimized", "#E69F00", "solid", "star", "Least cost of all schedules, by dynamic programming."),
    "choice": Style(
        "Automatic choice", "#882255", "8px,3px", "hexagon", "Best of many by the output, on held-out seeds."
    ),
    "published": Style(
        "AYS, published", "#A65628", "12px,3px,3px,3px", "circle-open", "The authors' own, for models of images."
    ),
    "dialled": Style("Dialled", "#785EF0", "6px,2px", "star-diamond", "The optimum of another weight, or a blend."),
    "yours": Style("Yours", "#607D8B", "10px,2px", "hexagram", "Brought by you, or placed by hand."),
    "edm": Style("EDM", "#009E73", "dot", "diamond", "Uniform in sigma^(1/7) (Karras et al. 2022)."),
    "logsnr": Style("LogSNR", "#CC79A7", "dashdot", "triangle-up", "Uniform in log sigma."),
    "time-uniform": Style(
        "Time-uniform", "#0072B2", "dash", "square", "Uniform in the time of the linear-beta VP process."
    ),
    "time-quadratic": Style("Time-quadratic", "#56B4E9", "longdash", "cross", "Uniform in sqrt(time), same process."),
    "cosine": Style("Cosine", "#999933", "longdashdot", "x", "Uniform in the time of the cosine log-SNR process."),
    "gaussian": Style("Gaussian-optimal", "#AA4499", "2px,6px", "pentagon", "Uniform in atan(sigma/0.5), AYS Thm 3.1."),
}
REFERENCE = "#8C8C8C"
MODEL = "#0072B2"  # curves of a model that is trained
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
DENSITY = "Cividis"
