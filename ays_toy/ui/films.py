"""The films that pages offer to be taken away, of just what their players show; made when somebody asks for them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ays_toy.figures import films
from ays_toy.figures.films.flow import MOST_DOTS
from ays_toy.models import catalog
from ays_toy.runs import pictures
from ays_toy.runs.comparison import Model
from ays_toy.sampling.solvers import find
from ays_toy.sampling.trajectories import Trajectories
from ays_toy.ui import downloads
from ays_toy.ui.components import SearchData
from ays_toy.ui.components.flow import BINS, LEAST_HALF
from ays_toy.ui.view import ComparedView, SearchView
from ays_toy.words import amid_sentence


def search(view: SearchView, data: SearchData) -> None:
    """Offer the search as its player shows it, once it has begun."""
    if data.sweeps:
        data = replace(data, live=None)  # nor is what the browser samples with kept for it
        page, gif = partial(_search_page, view, data), lambda: films.search_gif(_searched(data))
        downloads.film("The search, animated", page, gif)


def _search_page(view: SearchView, data: SearchData) -> str:
    heading = f"The paper's search for {view.steps} steps on {catalog.dataset(view.data).title}"
    words = (
        f"Sweep by sweep every noise level moves to where its two steps cost least. {_what(view)}. The search begins "
        f"at {data.start.title} and is stopped by {amid_sentence(data.metric.title)}. ± is one standard error."
    )
    return films.search_page(_searched(data), heading, words)


def _searched(data: SearchData) -> films.SearchFilm:
    swept = [
        films.Swept(one.sigmas, one.klub, one.score and data.metric.turned(one.score), data.label(one))
        for one in data.sweeps
    ]
    return films.SearchFilm(data.start, swept, data.metric, data.optimum, data.stop)


def light(followed: Trajectories) -> Trajectories:
    """The same without the reference, which has many levels: what is kept with a page needs none of it."""
    return replace(followed, reference=next(iter(followed.paths.values())))


def flow(view: ComparedView, followed: Trajectories, align: str, path: int) -> None:
    """Offer the trajectories as their player shows them, aligned and with the path that is followed."""
    followed = light(followed)
    made = partial(_flowed, view.chosen_model, followed, align, path, view.power)
    page, gif = partial(_flow_page, view, followed, path, made), lambda: films.flow_gif(made())
    downloads.film("The trajectories, animated", page, gif)


def _flow_page(view: ComparedView, followed: Trajectories, path: int, made: Callable[[], films.FlowFilm]) -> str:
    heading = f"The same noise, carried to {catalog.dataset(view.data).title} in {view.steps} steps"
    words = (
        f"{_what(view)}. Grey: the data. Places are divided by the spread of the noisy data, so that the cloud stays "
        "in sight."
    )
    most = MOST_DOTS // len(followed.paths)
    if most < followed.particles:
        words += f" Of {followed.particles:,} particles the first {most:,} are shown."
    if path:
        words += f" The line is the path of particle {path}."
    return films.flow_page(made(), heading, words)


def _flowed(model: Model, followed: Trajectories, align: str, path: int, power: float) -> films.FlowFilm:
    half = max(model.dataset.half_width, LEAST_HALF)
    truth = pictures.true_image(model, half, BINS)
    shades = pictures.shades(truth, pictures.brightest(truth))
    return films.FlowFilm.of(followed, shades, half, align=align, follow=path, power=power)


def _what(view: ComparedView | SearchView) -> str:
    kinds = catalog.models(view.data, view.model)
    return f"Model: {kinds[view.model]}. Solver: {find(view.solver).title}"
