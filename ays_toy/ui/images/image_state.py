"""All that is known of an image model: what ships with it, and what this session has run, measured and drawn."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from ays_toy import names
from ays_toy.estimates import Estimate, Measured
from ays_toy.exchange.fitting import fit_range
from ays_toy.images import compared, results
from ays_toy.images.baselines import family
from ays_toy.images.live import ImageState
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling.schedules import MAX_STEPS, Schedule
from ays_toy.ui import background, compute, findings, yours
from ays_toy.ui.background import Watch
from ays_toy.ui.ending import Pool
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.kept import kept
from ays_toy.ui.running import reached
from ays_toy.ui.tasks import Tasks

DRAWN, REFERENCE = "pictures of images", "reference"  # what this session has drawn; the name of many steps' pictures
MOMENT = 0.6  # seconds that a page waits for pictures before it is shown without them
SLOT, EXTRA = "images", "one more schedule of images"  # the run, and the measuring of what the dials say
Levels = tuple[float, ...]
Figures = Mapping[str, Estimate]


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that the page can show of one model at one number of steps, by schedule."""

    model: ImageModel
    gram: PathGram
    rows: Mapping[str, Measured]
    pictures: Mapping[str, np.ndarray]  # as far as they are drawn, those of many steps too
    with_reference: bool  # whether those of many steps are there, or to come

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many pictures a row has, their height and width."""
        known = next(iter(self.pictures.values()), None)
        count, height, width = known.shape[:3] if known is not None else (compared.SHOWN, *self.model.shape[1:])
        return count, height, width


@dataclass(eq=False)
class Memory:
    """What this session has found and measured of one model, solver, number of steps and noise."""

    found: dict[str, Schedule] = field(default_factory=dict)
    figures: dict[Levels, Figures] = field(default_factory=dict)
    rows: dict[str, Measured] = field(default_factory=dict)  # the same by name, the latest of each
    pictures: dict[Levels | str, np.ndarray] = field(default_factory=dict)  # "": the reference


def memories() -> dict[tuple[Any, ...], Memory]:
    """This session's, by model, folder of images, solver, number of steps and seed."""
    kept: dict[tuple[Any, ...], Memory] = st.session_state.setdefault("measured images", {})
    return kept


def memory(view: ImagesView) -> Memory:
    """That of the page's model, solver, steps and noise."""
    config = view.config
    folder = config.folder if config.strength == 1 else f"{config.folder}, strength {config.strength:g}"
    key = (config.which, folder, config.solver, config.steps, config.seed)
    return memories().setdefault(key, Memory())


def watch(view: ImagesView, slot: str = SLOT) -> Watch | None:
    """This session's run, where it is the one that the controls describe; what it has reached is remembered."""
    known = background.current(slot)
    key: Any = known and known.job.key
    if known is None or (key if slot == SLOT else key[0]) != view.config:
        return None
    state: ImageState | None = reached(known)
    if state:
        _remember(memory(view), view, state)
    return known


def _remember(kept: Memory, view: ImagesView, state: ImageState) -> None:
    if state.finding:
        kept.found[view.method] = state.finding
    for row in state.rows:
        kept.figures[row.schedule.levels], kept.rows[row.schedule.name] = row.metrics, row
    for name, pictures in state.pictures.items():
        kept.pictures["" if name == "reference" else state.named[name].levels] = pictures


optimum = kept(64)(compared.optimum)


def p_optimum(view: ImagesView, model: ImageModel, gram: PathGram) -> Schedule:
    """The optimum by the page's dials: its weight, and the share of the way there from the chosen start."""
    first = family(model, view.base, view.steps)
    return findings.blended(first, optimum(gram, view.steps, view.power), view.share)


def loaded(view: ImagesView, known: Watch | None) -> tuple[ImageModel, PathGram] | None:
    """The model and what prices its schedules, once a run has loaded them; those of a model that ships always.

    With a guidance that nothing ships of, prices are those of the model as it is, until a run has its own.
    """
    if ours := view.shipped:
        return ours.model, ours.gram
    state: ImageState | None = reached(known)
    if state and state.model and state.gram:
        return state.model, state.gram
    return (view.at_hand.guided(view.which.guidance), view.at_hand.gram) if view.at_hand else None


def fit(model: ImageModel | None, levels: Sequence[float]) -> tuple[np.ndarray, str | None]:
    """Levels that were brought, over the model's range once that is known; those of a flow may be its times."""
    if model is None:
        return np.array(levels), "They will run over the model's range once it is loaded."
    flow = model.prediction == "flow"
    return fit_range(levels, model.sigma_min, model.sigma_max, flow=flow, most=MAX_STEPS)


def shown(view: ImagesView, known: Watch | None) -> Shown | None:
    """What a run has found, or what ships with the model; None for one that has not been loaded and priced."""
    watch(view, EXTRA)  # remembers what was measured by hand
    kept, ready = memory(view), loaded(view, known)
    if ready is None:
        return None
    model, gram = ready
    cell = view.at_hand.at(view.solver, view.steps) if view.at_hand else {}
    found = {"klub-optimum": optimum(gram, view.steps, names.KLUB_POWER)}
    found |= {name: cell[name].schedule for name in names.SEARCHED if name in cell} | kept.found
    if view.power != names.KLUB_POWER or view.share != 100:
        found["p-optimum"] = p_optimum(view, model, gram)
    if own := yours.fitted(view.image_yours, partial(fit, model), view.steps)[0]:
        found[yours.NAME] = own
    every = compared.named(model, gram, view.steps, found.values())
    rows = {
        name: Measured(one, gram.price(one.sigmas), kept.figures.get(one.levels) or _beforehand(view, one, kept))
        for name, one in every.items()
    }
    pictures = _pictures(view, every, kept)
    expected = view.bundled and compared.has_reference(view.solver)
    return Shown(model, gram, rows, pictures, expected or REFERENCE in pictures)


def _beforehand(view: ImagesView, one: Schedule, kept: Memory) -> Figures:
    """What ships of a schedule, unless figures of other noise stand beside it."""
    config, ours = view.config, view.shipped
    measured = _shipped(ours, view, one)
    if ours is None or measured is None:
        return {}
    same = (config.fresh_seed, config.samples) == (ours.seed, ours.samples)
    return measured.metrics if same or not kept.figures else {}


def _shipped(ours: results.Results | None, view: ImagesView, one: Schedule) -> Measured | None:
    """What ships under a schedule's name, where it is that very schedule."""
    known = ours.at(view.solver, view.steps).get(one.name) if ours else None
    return known if known and np.allclose(known.schedule.sigmas, one.sigmas, rtol=1e-3) else None


def _pictures(view: ImagesView, every: Mapping[str, Schedule], kept: Memory) -> dict[str, np.ndarray]:
    """All pictures that are there; those that are not are begun, in place of what the page wanted before."""
    if not view.bundled:
        found = {name: kept.pictures[one.levels] for name, one in every.items() if one.levels in kept.pictures}
        return found | ({"reference": kept.pictures[""]} if "" in kept.pictures else {})
    wanted: dict[str, Drawing | None] = {name: _to_draw(view, one) for name, one in every.items()}
    if compared.has_reference(view.solver):
        wanted["reference"] = _to_draw(view, None)
    there = {name: _ships(view, name) for name, asked in wanted.items() if asked is None}
    ships = {name: pictures for name, pictures in there.items() if pictures is not None}
    before: list[Future[np.ndarray]] = st.session_state.get(DRAWN, [])
    coming = {name: _drawings.want(asked) for name, asked in wanted.items() if asked}
    st.session_state[DRAWN] = list(coming.values())
    _drawings.drop(before)
    compute.come(coming.values(), MOMENT)
    return ships | {name: one.result() for name, one in coming.items() if one.done()}


def drawing() -> int:
    """How many rows of pictures this session's page still waits for."""
    return sum(not one.done() for one in st.session_state.get(DRAWN, []))


@dataclass(frozen=True)
class Drawing:
    """All that decides pictures of a model that ships; no levels: those of many steps."""

    name: str
    guidance: float | None
    solver: str
    seed: int
    levels: Levels


def _to_draw(view: ImagesView, one: Schedule | None) -> Drawing | None:
    """The pictures of a schedule, or of many steps; None where they ship."""
    ours = view.shipped
    if ours and view.seed == results.PICTURED and _ships(view, one.name if one else REFERENCE) is not None:
        shipped = one is None or _shipped(ours, view, one) is not None
        if shipped or (one and one.name == "p-optimum" and (view.power, view.share) == (results.POWER, 100)):
            return None
    solver, levels = (view.solver, one.levels) if one else ("", ())
    return Drawing(view.which.name, view.which.guidance, solver, view.seed, levels)


def _ships(view: ImagesView, name: str) -> np.ndarray | None:
    return view.shipped.pictures(view.solver, view.steps, name) if view.shipped else None


@kept(256)
def _drawn(asked: Drawing) -> np.ndarray:
    model = results.loaded(asked.name, asked.guidance)
    if not asked.levels:
        return compared.reference(model, asked.seed)
    return compared.sampled_pictures(model, np.array(asked.levels), asked.solver, asked.seed)


_pool = Pool(1, "pictures")
_drawings: Tasks[Drawing, np.ndarray] = Tasks(_drawn, _pool, _pool)
