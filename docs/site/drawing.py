"""What a lesson's page shows, computed as the app does, and its figure as HTML."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import plotly.graph_objects as go

from ays_toy import figures, names
from ays_toy.estimates import Measured
from ays_toy.figures import films
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Scene
from ays_toy.metrics import METRICS
from ays_toy.palette import REFERENCE, color
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import challenge, finding, pictures, shipped_searches
from ays_toy.runs.comparison import Model, draw_samples
from ays_toy.sampling import schedules, trajectories
from ays_toy.sampling.counter_noise import LevelNoise
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import codec
from ays_toy.ui.trajectories import TrajectoriesView
from ays_toy.ui.view import SearchView, View

BINS = 96
FIGURES = ("nll", "energy")  # under a picture
JUDGED = (*FIGURES, "coverage")
DOTS = 400  # that each panel of a film has
PACE = 200  # milliseconds that a frame is seen
BUTTON = {"bgcolor": "rgba(128,128,128,0.15)", "font": {"color": "#C25A12"}}  # is read in the light and in the dark


@dataclass(frozen=True)
class Drawn:
    """A figure, and in words what it shows."""

    figure: go.Figure
    words: str

    def html(self) -> str:
        """The figure as a page has it: `figures.js` draws it from what it is made of."""
        data = self.figure.to_json().replace("</", "<\\/")
        label = html.escape(self.words, quote=True)
        return (
            f'<div class="figure" role="img" aria-label="{label}" tabindex="0"><div></div>'
            f'<script type="application/json">{data}</script></div>'
        )


@cache
def _compared(model: Model, solver: str, steps: int, which: tuple[str, ...]) -> list[Measured]:
    return finding.compare(model, solver, steps, metrics=JUDGED, which=which)


@cache
def _gram(model: Model) -> PathGram:
    return finding.one_pass(model).gram


def facts(scene: Scene) -> Facts | None:
    """What a step may ask about, where it can be had without the app: on Explore and of a search."""
    if scene.page == "explore":
        view = _state(View, scene.state)
        *rows, fresh = _compared(view.chosen_model, view.solver, view.steps, tuple(view.names))
        by_name = {row.schedule.name: row for row in rows}
        return Facts(view, by_name, fresh.metrics, view.chosen_model, _gram(view.chosen_model))
    if scene.page == "optimize":
        view = _state(SearchView, scene.state)
        return Facts(view, search=shipped_searches.find(view.search), figure=view.metric)
    return None


def drawn(scene: Scene) -> Drawn | None:
    """The figure that a step looks at, if it has one here."""
    known = facts(scene)
    if scene.page == "trajectories":
        return _film(_state(TrajectoriesView, scene.state))
    if scene.page == "beat_ays" and "levels" in scene.state:
        return _by_hand(scene.state)
    if scene.page == "optimize" and scene.look == "player" and known:
        return _search(known)
    if scene.page == "explore" and known and "rail" not in scene.without:
        return _rail(list(known.rows.values()), _gram(known.state.chosen_model))
    if scene.page == "explore" and known and "panels" not in scene.without:
        return _panels(known)
    return None


def _state(view: Any, said: Mapping[str, str]) -> Any:
    state, problems = codec.from_query(view, said)
    assert not problems, problems
    return state


def _rail(rows: list[Measured], gram: PathGram) -> Drawn:
    return Drawn(figures.rail_and_area(rows, gram), figures.rail_words(rows))


def _by_hand(said: Mapping[str, str]) -> Drawn:
    gram = _gram(Model(said["data"]))
    high, low = float(gram.grid[0]), float(gram.grid[-1])
    levels = challenge.attempt(challenge.read_levels(said["levels"]), high, low)
    one = Schedule("yours", names.title("yours"), schedules.validate(levels))
    return _rail([Measured(one, gram.price(one.sigmas))], gram)


def _panels(known: Facts) -> Drawn:
    model, state = known.state.chosen_model, known.state
    half = model.dataset.half_width
    exact = pictures.true_image(model, half, BINS)
    top = pictures.brightest(exact)
    panels = [figures.Panel("The data", REFERENCE, ["exact density", "\u00a0"], pictures.shades(exact, top))]
    for name, row in known.rows.items():
        samples = draw_samples(model, row.schedule.sigmas, state.solver, state.seed)
        notes = [f"{METRICS[one].title} {row.metrics[one]}" for one in FIGURES]
        image = pictures.shades(pictures.density_image(samples, half, BINS), top)
        panels.append(figures.Panel(row.title, color(name), notes, image))
    words = "; ".join(f"{panel.title}: {', '.join(panel.notes)}" for panel in panels)
    figure = figures.density_panels(panels, half).update_layout(height=250)
    return Drawn(figure, f"Densities on {model.dataset.title}. {words}.")


def _film(view: TrajectoriesView) -> Drawn:
    model, passed = view.chosen_model, finding.one_pass(view.chosen_model)
    levels = {n: finding.find(model, passed, n, view.solver, view.steps).levels for n in view.names}
    noise = LevelNoise(view.seed, DOTS)
    followed = trajectories.follow(model.denoiser(), levels, view.solver, generator=noise, n=DOTS)
    half = model.dataset.half_width
    exact = pictures.true_image(model, half, BINS)
    film = films.FlowFilm.of(followed, pictures.shades(exact, pictures.brightest(exact)), half)
    titles = ", ".join(names.title(name) for name in levels)
    words = f"The same noise, carried to {model.dataset.title} in {view.steps} steps under {titles}."
    return Drawn(_playable(films.flow_figure(film)), words)


def _search(known: Facts) -> Drawn:
    view, search = known.state, known.search
    assert search is not None
    metric = METRICS[view.metric]
    swept = [
        films.Swept(one.sigmas, one.klub, one.score and metric.turned(one.score), f"Sweep {one.index}")
        for one in search.sweeps
    ]
    start = Schedule(view.start, names.title(view.start), search.sweeps[0].sigmas)
    best = finding.optimum(finding.one_pass(view.chosen_model), view.steps)
    film = films.SearchFilm(start, swept, metric, best, search.stop)
    words = f"The paper's search on {view.chosen_model.dataset.title}, sweep by sweep; the rule stops at {search.stop}."
    return Drawn(_playable(films.search_figure(film)), words)


def _playable(figure: go.Figure) -> go.Figure:
    """With a button that plays its frames, and a bar that leads through them."""
    shown: dict[str, Any] = {"mode": "immediate", "transition": {"duration": 0}, "frame": {"duration": 0}}
    play = {**shown, "fromcurrent": True, "frame": {"duration": PACE}}
    button = {"label": "Play", "method": "animate", "args": [None, play]}
    steps = [{"label": one.name, "method": "animate", "args": [[one.name], shown]} for one in figure.frames]
    bottom = (figure.layout.margin.b or 0) + 70
    below = {"y": 0, "yanchor": "top", "pad": {"t": bottom - 66}}
    figure.update_layout(
        height=(figure.layout.height or 350) + 70,
        margin={"b": bottom},
        updatemenus=[{**below, "type": "buttons", "buttons": [button], "x": 0, "xanchor": "left", **BUTTON}],
        sliders=[{**below, "steps": steps, "x": 0.12, "len": 0.88, "currentvalue": {"visible": False}}],
    )
    return figure
