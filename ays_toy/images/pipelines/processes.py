"""The process that a model was trained on, as its scheduler's file describes it, in four kinds.

Discrete timesteps that keep variance; the same network in continuous time, as Stable Video Diffusion has it; EDM's
preconditioning, as Playground v2.5 has it; and a straight flow.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ays_toy.checks import lookup, positive, sigma_range
from ays_toy.images.pipelines import schedulers
from ays_toy.images.pipelines.coordinates import (
    PREDICTIONS,
    Prediction,
    TrainingLevels,
    edm,
    edm_time,
    flow_sigma,
    flow_time,
)

VP_PREDICTIONS = {"original_sample": "sample"} | {name: name for name in ("epsilon", "v_prediction", "sample")}
EDM_SIGNS = {"epsilon": 1.0, "v_prediction": -1.0}  # of what an EDM network answers


@dataclass(frozen=True, eq=False)
class Process:
    """What a network is given at a noise level and what it answers, over which levels."""

    name: str  # what it predicts, as `ImageModel.prediction`
    prediction: Prediction
    sigmas: np.ndarray  # descending: those of its timesteps, or the ends of its range where time is continuous
    timesteps: Callable[[np.ndarray], np.ndarray]  # noise levels -> the network's time
    discrete: bool = False
    sigma_data: float | None = None  # the standard deviation of its data, where it says so

    @property
    def training_sigmas(self) -> np.ndarray | None:
        """The levels of discrete timesteps; None where time is continuous."""
        return self.sigmas if self.discrete else None


def described(config: Mapping[str, Any], where: str | Path, otherwise: str | None = None) -> Process:
    """The process of a scheduler's configuration; ValueError for one of another kind, and for unknown predictions.

    `where` is the model's folder, for messages, and `otherwise` the class where the configuration names none.
    """
    scheduler = schedulers.build(config, where, otherwise)
    said, name = scheduler.config, type(scheduler).__name__
    if name.startswith("EDM"):
        return _preconditioned(said)
    if name.startswith("FlowMatch") or said.get("prediction_type") == "flow_prediction":
        return _flow(int(said.num_train_timesteps))
    heeded = inspect.signature(type(scheduler)).parameters  # a configuration can hold what its class knows nothing of
    flows = "use_flow_sigmas" in heeded and said.use_flow_sigmas
    if flows or getattr(scheduler, "alphas_cumprod", None) is None:
        raise ValueError(f"The {name} of {where} has no discrete variance-preserving timesteps: not supported.")
    predicts = lookup(VP_PREDICTIONS, said.get("prediction_type", "epsilon"), "prediction type")
    levels = TrainingLevels.of(scheduler.alphas_cumprod)
    continuous = "timestep_type" in heeded and said.timestep_type == "continuous"
    if continuous and predicts == "v_prediction":  # diffusers heeds it for no other
        return Process(predicts, PREDICTIONS[predicts], _range(said, levels), edm_time)
    return Process(predicts, PREDICTIONS[predicts], levels.sigmas[::-1].copy(), levels.timesteps, discrete=True)


def _range(said: Mapping[str, Any], levels: TrainingLevels) -> np.ndarray:
    """The ends of a range that a configuration says, or else those of the levels it would have discretely."""
    low, high = said.get("sigma_min"), said.get("sigma_max")
    low, high = (levels.sigmas[0] if low is None else low), (levels.sigmas[-1] if high is None else high)
    return np.array(sigma_range(low, high)[::-1])


def _preconditioned(said: Mapping[str, Any]) -> Process:
    sign = lookup(EDM_SIGNS, said["prediction_type"], "prediction type")
    spread = positive(said["sigma_data"], "sigma_data")
    ends = np.array(sigma_range(said["sigma_min"], said["sigma_max"])[::-1])
    return Process("edm", edm(spread, sign), ends, edm_time, sigma_data=spread)


def edm_options(config: Mapping[str, Any], where: str | Path, otherwise: str | None = None) -> dict[str, Any]:
    """What a scheduler of EDM's preconditioning is told of the network, as keywords; for what `described` reads so."""
    said = schedulers.build(config, where, otherwise).config
    return {name: said[name] for name in ("prediction_type", "sigma_data")}


def _flow(steps: int) -> Process:
    """A flow whose pure noise, s = 1, is timestep `steps`.

    Its time is continuous. Its range here runs from timestep 999 to 1 of 1000, since s = 1 is infinitely noisy; the
    shift that its scheduler applies only chooses which s are used, so it plays no part in the map.
    """
    ends = flow_sigma(np.array([steps - 1, 1]) / steps)
    return Process("flow", PREDICTIONS["flow"], ends, lambda sigma: steps * flow_time(sigma))
