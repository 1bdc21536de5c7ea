"""Trajectories as a film: the same noise under several schedules, carried to the data in panels side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from ays_toy.figures.axes import axes
from ays_toy.figures.films.film import as_film
from ays_toy.figures.images import png_address
from ays_toy.figures.printed import INK
from ays_toy.names import title
from ays_toy.palette import MARGIN, STYLES, Style
from ays_toy.sampling.trajectories import Trajectories, Trajectory, scaled

MOST_FRAMES = 40
FRAMES = 32  # about as many, where the steps divide so
PANEL = 290  # pixels, of a panel's side on the page
MOST_DOTS = 2000  # on a page, in all panels together: each is an element of its own there
DARKEST = 75  # shades that the densest places are darker than paper


@dataclass(frozen=True, eq=False)
class Walk:
    """One panel: its title and look, its noise level [F], its words and its particles' places [F, N, 2] by frame."""

    title: str
    look: Style
    sigmas: np.ndarray
    words: Sequence[str]
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class FlowFilm:
    """Everything that is seen: the panels, a label for every frame, the frame's half width, and the data behind them.

    Places are scaled, as wide as the data at every noise level. `followed` is the particle whose path is drawn, from 0,
    if one is; `shades` [bins, bins] of one byte are the data's density.
    """

    walks: Sequence[Walk]
    labels: Sequence[str]
    half: float
    shades: np.ndarray
    followed: int | None = None

    @classmethod
    def of(
        cls,
        flow: Trajectories,
        shades: np.ndarray,
        half: float,
        *,
        align: str = "step",
        follow: int = 0,
        power: float | None = None,
    ) -> "FlowFilm":
        """Panels aligned by 'step' or by 'noise' level; `follow` is a path, from 1, or 0, `power` a p-optimum's."""
        at = positions(next(iter(flow.paths.values())).sigmas.size - 1)
        walks = [_walk(one, title(name, power), STYLES[name], at, align) for name, one in flow.paths.items()]
        return cls(walks, _labels(walks, at, align), half, shades, follow - 1 if follow else None)

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.labels)

    @property
    def ground(self) -> np.ndarray:
        """The data's density as a grey picture [bins, bins, 3] of one byte, its first row on top."""
        grey = 255 - (self.shades[::-1].astype(float) * DARKEST / 255).round().astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)


def positions(steps: int) -> np.ndarray:
    """Where the frames are, from 0 to the number of steps: at every step, and evenly between few of them."""
    return np.linspace(0, steps, steps * max(1, min(round(FRAMES / steps), (MOST_FRAMES - 1) // steps)) + 1)


def _walk(one: Trajectory, name: str, look: Style, at: np.ndarray, align: str) -> Walk:
    n = one.sigmas.size - 1
    if align == "noise":
        levels = np.geomspace(one.sigmas[0], one.sigmas[-1], at.size)
    else:
        levels = np.exp(np.interp(at, np.arange(n + 1), np.log(one.sigmas)))
    places = scaled(np.stack([one.under_way(float(sigma)) for sigma in levels]), levels).astype(np.float32)
    done = [int((one.sigmas > sigma * (1 + 1e-9)).sum()) for sigma in levels]
    starts = [f"step {k} of {n}" if k else "start" for k in done]
    words = [f"{start}, σ = {sigma:.3g}" for start, sigma in zip(starts, levels, strict=True)]
    return Walk(name, look, levels, words, places)


def _labels(walks: Sequence[Walk], at: np.ndarray, align: str) -> list[str]:
    if align == "noise":
        return [f"Noise level σ = {sigma:.3g} in every panel" for sigma in walks[0].sigmas]
    n = round(float(at[-1]))
    return [f"Step {int(np.ceil(k - 1e-9))} of {n}" if k else "Start: the same noise in every panel" for k in at]


def flow_figure(film: FlowFilm) -> go.Figure:
    """The panels at their first frame, with all frames, named by their numbers."""
    count, half = len(film.walks), film.half
    layout = axes(1, count, horizontal_spacing=0.012)
    figure, ground = go.Figure(), png_address(Image.fromarray(film.ground))
    for k, walk in enumerate(film.walks, start=1):
        axis = "" if k == 1 else str(k)
        across = {"x": -half, "y": half, "sizex": 2 * half, "sizey": 2 * half, "xref": f"x{axis}", "yref": f"y{axis}"}
        figure.add_layout_image(source=ground, layer="below", sizing="stretch", **across)
        look = {"visible": False, "range": [-half, half], "constrain": "domain", "fixedrange": True}
        layout[f"xaxis{axis}"] |= look
        layout[f"yaxis{axis}"] |= {**look, "scaleanchor": f"x{axis}"}
        figure.add_annotation(
            text=f"<span style='color:{walk.look.color}'>■</span> <b>{walk.title}</b>",
            x=0.5,
            xref=f"x{axis} domain",
            y=1.0,
            yref=f"y{axis} domain",
            yanchor="bottom",
            yshift=2,
            showarrow=False,
        )
    seen = [[one for k in range(count) for one in _moving(film, k, f)] for f in range(film.frames)]
    figure.add_traces(seen[0])
    which = list(range(len(seen[0])))
    figure.frames = [go.Frame(name=str(f), data=data, traces=which) for f, data in enumerate(seen)]
    looks = {"height": PANEL + 60, "margin": {**MARGIN, "t": 32, "b": 28}}
    return figure.update_layout({**layout, **looks}, showlegend=False, dragmode=False, hovermode=False)


def _moving(film: FlowFilm, panel: int, frame: int) -> list[go.Scatter]:
    """The panel's first particles, its words below them, and the path that is followed so far."""
    walk = film.walks[panel]
    color, places, dots = walk.look.color, walk.places, MOST_DOTS // len(film.walks)
    axes = {"xaxis": f"x{panel + 1}" if panel else "x", "yaxis": f"y{panel + 1}" if panel else "y"}
    dot = {"color": color, "size": 4, "opacity": 0.75}
    found = [go.Scatter(x=places[frame, :dots, 0], y=places[frame, :dots, 1], mode="markers", marker=dot, **axes)]
    words = {"mode": "text", "text": [walk.words[frame]], "textposition": "bottom center", "cliponaxis": False}
    found.append(go.Scatter(x=[0], y=[-film.half], **words, **axes))
    if film.followed is not None:
        path = places[: frame + 1, film.followed]
        sizes = np.where(np.arange(frame + 1) == frame, 10, 0)
        edge = {"color": INK, "width": np.where(sizes > 0, 1.5, 0)}
        head = {"color": color, "size": sizes, "line": edge, "opacity": 1}
        line = {"color": INK, "width": 1.8}
        found.append(go.Scatter(x=path[:, 0], y=path[:, 1], mode="lines+markers", line=line, marker=head, **axes))
    return found


def flow_page(film: FlowFilm, heading: str, words: str) -> str:
    """The film as an HTML page that plays it."""
    return as_film(flow_figure(film), heading, words, film.labels, "progress from noise to data")
