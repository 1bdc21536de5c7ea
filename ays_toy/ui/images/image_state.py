"""All that is known of an image model: what ships with the digits, and what this session has run and measured."""

from collections.abc import Mapping, Sequence
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
from ays_toy.ui import background, findings, yours
from ays_toy.ui.background import Watch
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.kept import kept
from ays_toy.ui.running import reached

SLOT, EXTRA = "images", "one more schedule of images"  # the run, and the measuring of what the dials say
Levels = tuple[float, ...]
Figures = Mapping[str, Estimate]


@dataclass(frozen=True, eq=False)
class Shown:
    """Everything that the page can show of one model at one number of steps, by schedule."""

    model: ImageModel
    gram: PathGram
    rows: Mapping[str, Measured]
    pictures: Mapping[str, np.ndarray]  # 'reference' among them for solvers of the ODE


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
    """The model and what prices its schedules, once a run has loaded them; the digits' always."""
    if view.bundled:
        return results.model(), results.gram()
    state: ImageState | None = reached(known)
    return (state.model, state.gram) if state and state.model and state.gram else None


def fit(model: ImageModel | None, levels: Sequence[float]) -> tuple[np.ndarray, str | None]:
    """Levels that were brought, over the model's range once that is known; those of a flow may be its times."""
    if model is None:
        return np.array(levels), "They will run over the model's range once it is loaded."
    flow = model.prediction == "flow"
    return fit_range(levels, model.sigma_min, model.sigma_max, flow=flow, most=MAX_STEPS)


def shown(view: ImagesView, known: Watch | None) -> Shown | None:
    """What a run has found, or what ships with the digits; None for a model that has not been loaded and priced."""
    kept, ready = memory(view), loaded(view, known)
    if ready is None:
        return None
    model, gram = ready
    bundled = results.digits().at(view.solver, view.steps) if view.bundled else {}
    found = {"klub-optimum": optimum(gram, view.steps, names.KLUB_POWER)} | kept.found
    if bundled and "choice" not in found:
        found["choice"] = bundled["choice"].schedule
    if view.power != names.KLUB_POWER or view.share != 100:
        found["p-optimum"] = p_optimum(view, model, gram)
    if own := yours.fitted(view.image_yours, partial(fit, model), view.steps)[0]:
        found[yours.NAME] = own
    every = compared.named(model, gram, view.steps, found.values())
    rows = {
        name: Measured(
            one, gram.price(one.sigmas), kept.figures.get(one.levels) or _beforehand(view, bundled, one, kept)
        )
        for name, one in every.items()
    }
    return Shown(model, gram, rows, _pictures(view, every, kept, bundled))


def _beforehand(view: ImagesView, bundled: results.Cell, one: Schedule, kept: Memory) -> Figures:
    """What ships with the digits, unless figures of other noise stand beside it."""
    config, ours = view.config, results.digits()
    same = (config.fresh_seed, config.samples) == (ours.seed, ours.samples)
    return bundled[one.name].metrics if _ships(bundled, one) and (same or not kept.figures) else {}


def _ships(bundled: results.Cell, one: Schedule) -> bool:
    known = bundled.get(one.name)
    return known is not None and np.allclose(known.schedule.sigmas, one.sigmas, rtol=1e-3)


def _pictures(
    view: ImagesView, every: Mapping[str, Schedule], kept: Memory, bundled: results.Cell
) -> dict[str, np.ndarray]:
    if view.bundled:
        found = {name: _digits_pictures(view, one, bundled) for name, one in every.items()}
        return found | ({"reference": _reference(view.seed)} if compared.has_reference(view.solver) else {})
    found = {name: kept.pictures[one.levels] for name, one in every.items() if one.levels in kept.pictures}
    return found | ({"reference": kept.pictures[""]} if "" in kept.pictures else {})


def _digits_pictures(view: ImagesView, one: Schedule, bundled: results.Cell) -> np.ndarray:
    """Those that ship, where they are of this schedule and noise: drawing others takes the network."""
    if bundled and view.seed == 0:
        same = _ships(bundled, one)
        if one.name == "p-optimum":
            same = (view.power, view.share) == (results.POWER, 100)
        if same and (shipped := results.pictures(view.solver, view.steps, one.name)) is not None:
            return shipped
    return _drawn(view.solver, view.seed, one.levels)


@kept(256)
def _drawn(solver: str, seed: int, levels: Levels) -> np.ndarray:
    return compared.sampled_pictures(results.model(), np.array(levels), solver, seed)


@kept(16)
def _reference(seed: int) -> np.ndarray:
    shipped = None if seed else results.pictures("", 0, "reference")
    return compared.reference(results.model(), seed) if shipped is None else shipped
