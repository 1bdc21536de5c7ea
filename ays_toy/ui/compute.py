"""The library's results, kept between reruns and shared by sessions; keyed by small frozen configurations only."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from ays_toy import comparison, optimize
from ays_toy.checks import lookup
from ays_toy.comparison import Model
from ays_toy.metrics import Estimate, Reference, evaluate
from ays_toy.paths import PathGram
from ays_toy.schedules import SCHEDULES

BINS = 128


@dataclass(frozen=True, eq=False)
class Outcome:
    """What samples of one schedule came to: their metrics and a picture of their density (bin masses)."""

    metrics: dict[str, Estimate]
    image: np.ndarray


@st.cache_resource(max_entries=32, show_spinner=False)
def gram(model: Model) -> PathGram:
    """The model's PathGram: prices every schedule, whatever the solver and steps."""
    return model.collect()


@st.cache_resource(max_entries=32, show_spinner=False)
def reference(model: Model) -> Reference:
    """What the model's samples are held against."""
    return model.reference()


@st.cache_resource(max_entries=512, show_spinner=False)
def schedule(model: Model, name: str, steps: int, power: float) -> np.ndarray:
    """The levels of one schedule, 'exact' being the optimum for the power."""
    if name != "exact":
        return lookup(SCHEDULES, name, "schedule")(steps, model.sigma_min, model.sigma_max)
    paths = gram(model)
    return optimize.refine(paths, optimize.exact_schedules(paths, steps, power)[steps], power)


@st.cache_resource(max_entries=512, show_spinner=False)
def outcome(model: Model, name: str, steps: int, power: float, solver: str, seed: int) -> Outcome:
    """Samples of one schedule, drawn and measured; 'data' is the data themselves."""
    if name == "data":
        samples = model.fresh_data(seed=seed + 2)
    else:
        samples = comparison.draw(model, schedule(model, name, steps, power), solver, seed)
    image = comparison.density_image(samples, model.dataset.half_width, BINS)
    return Outcome(evaluate(samples, reference(model)), image)


@st.cache_resource(max_entries=256, show_spinner=False)
def entropy(model: Model) -> float:
    """Entropy of the data at noise sigma_min: the NLL of perfect samples."""
    return model.dataset.mixture.entropy(model.sigma_min)


@st.cache_resource(max_entries=32, show_spinner=False)
def truth(model: Model) -> np.ndarray:
    """The exact bin masses of the data."""
    return comparison.true_image(model, model.dataset.half_width, BINS)
