"""The scheduler of a program for diffusers: as it is written, built as it is written, and held to our own solver.

A scheduler takes nothing from a model's configuration but the noise it was trained on: classes differ in the flags they
know and in the defaults they put in place of what is left out. Then it is made to draw with a small network that knows
its answer: it must stop at our levels and end where our solver ends, or the program is not given out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ays_toy.images.pipelines import schedulers
from ays_toy.images.pipelines.adapters import NetworkDenoiser
from ays_toy.images.pipelines.coordinates import (
    FLOW_TIMESTEPS,
    Prediction,
    TrainingLevels,
    edm_sigma,
    flow_sigma,
    flow_time,
)
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.pipelines.processes import Process, described
from ays_toy.sampling import samplers
from ays_toy.sampling.solvers import Scheduler, find

LEVELS_AGREE = 1e-6  # relative, in the coordinate of the scheduler
TIMES_AGREE = 1e-2  # of a timestep: single precision moves them by up to 0.0003
STEPS_AGREE = 1e-2  # relative to data that spread from 0.1 to 100: single precision changes them by up to 0.0008
REACH = 6  # standard deviations: a million normal numbers stay below 5.5

Network = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]  # (x, timestep) -> prediction
Times = Callable[[np.ndarray], np.ndarray]  # levels -> timesteps


@dataclass(frozen=True)
class Written:
    """A scheduler as lines of a program: its class, its keywords, and what it takes from the scheduler `trained`."""

    kind: Scheduler
    keywords: Mapping[str, Any]
    betas: bool  # the betas of `trained`
    powers: bool = False  # its alphas_cumprod too, where these do not follow from its betas

    def lines(self) -> list[str]:
        """The lines of the program."""
        betas = ["trained_betas=trained.betas.tolist()"] if self.betas else []
        arguments = ", ".join([*betas, *(f"{name}={value!r}" for name, value in self.keywords.items())])
        powers = ["scheduler.alphas_cumprod = trained.alphas_cumprod  # more than its betas say"] if self.powers else []
        return [*self.kind.defined.splitlines(), f"scheduler = {self.kind.name}({arguments})", *powers]

    def build(self, trained: Any, given: Mapping[str, Sequence[float]]) -> Any:
        """What these lines make, with what set_timesteps gets."""
        betas = {"trained_betas": trained.betas.tolist()} if self.betas else {}
        scheduler = self.kind.made()(**betas, **self.keywords)
        if self.powers:
            scheduler.alphas_cumprod = trained.alphas_cumprod
        scheduler.set_timesteps(**given)
        return scheduler


def checked(
    written: Written, model: ImageModel, solver: str, levels: np.ndarray, given: Mapping[str, Sequence[float]]
) -> Written:
    """The scheduler, mended where it must be, that makes this solver's steps at levels [n] and then to zero.

    `given` is what set_timesteps gets. Raises ValueError where none does, or half precision cannot hold the noise.
    """
    assert model.origin is not None
    assert model.origin.scheduler is not None
    file = model.origin.scheduler
    trained = schedulers.build(file.config, model.origin.source, file.name)
    process = described(file.config, model.origin.source, file.name)
    count = len(trained.betas) if written.betas else trained.config.num_train_timesteps
    if count != FLOW_TIMESTEPS:
        written = replace(written, keywords={"num_train_timesteps": count} | dict(written.keywords))
    fault = None
    for attempt in [written, replace(written, powers=True)] if written.betas else [written]:
        fault = _fault(attempt, trained, process, solver, levels, given)
        if fault is None:
            if model.prompts:  # where there are none, the program has a loop of its own, in single precision
                _check_reach(attempt.build(trained, given), model, float(levels[0]))
            return attempt
    raise ValueError(
        f"{written.kind.imported} of diffusers cannot take over this model's noise process, since {fault}: "
        "export for another solver, or the levels as a file."
    )


def _check_reach(scheduler: Any, model: ImageModel, sigma: float) -> None:
    """ValueError where a pipeline's own arithmetic overflows in half precision when it begins at level sigma.

    It multiplies noise by `init_noise_sigma`, and predicted noise by sigma to take it from x.
    """
    start = float(getattr(scheduler, "init_noise_sigma", 1.0))
    reach = REACH * max(start, sigma if model.prediction == "epsilon" else 0.0)
    most = torch.finfo(model.dtype).max
    if reach > most:
        kind = str(model.dtype).removeprefix("torch.")
        raise ValueError(
            f"Numbers of type {kind} end at {most:.6g}, and the noise that {type(scheduler).__name__} makes of "
            f"sigma = {sigma:.6g} goes beyond: load the model with dtype bfloat16 or float32, or begin below "
            f"{most / REACH:.6g}."
        )


def _fault(
    written: Written,
    trained: Any,
    process: Process,
    solver: str,
    levels: np.ndarray,
    given: Mapping[str, Sequence[float]],
) -> str | None:
    """What is wrong with a scheduler, as the end of a sentence; None where nothing is."""
    spread = torch.logspace(-1, 2, 32).reshape(1, 1, 4, 8)
    try:
        scheduler = written.build(trained, given)
        network, times = _network(process, spread.double(), scheduler.config.num_train_timesteps)
        met, asked = schedulers.visited(scheduler)
        whole = process.discrete or process.name == "flow"  # else a time is the logarithm of a level
        meant = np.concatenate([levels[:1], levels[1:].repeat(scheduler.order)])
        own = flow_time(meant) if process.name == "flow" else meant
        if met.size != own.size:
            return f"it visits {met.size} levels where {own.size} are meant"
        for found, wanted, what, rtol, atol in (
            (met, own, "visits", LEVELS_AGREE, 0.0),
            (asked, times(meant), "asks the network at timestep", 0.0, TIMES_AGREE if whole else TIMES_AGREE / 1000),
        ):
            wrong = np.flatnonzero(~np.isclose(found, wanted, rtol=rtol, atol=atol))
            if wrong.size:
                return f"it {what} {found[wrong[0]]:.6g} where {wanted[wrong[0]]:.6g} is meant"
        theirs, ours = _drawn(scheduler, network, times, process.prediction, solver, levels)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        return f"it fails ({lines[0].rstrip('.')})"
    rounding = torch.finfo(torch.float32).eps * 10 * float(levels[-1])  # of x, from which x0 is taken
    if ((theirs - ours).abs() > STEPS_AGREE * (spread + ours.abs()) + rounding).any() or not theirs.isfinite().all():
        return f"its steps are not those of {find(solver).title}"
    return None


def _drawn(
    scheduler: Any, network: Network, times: Times, prediction: Prediction, solver: str, levels: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """What scheduler and solver make of the same start with the same network."""
    shape, noise = (1, 4, 8), torch.Generator().manual_seed(0)
    x = torch.randn(1, *shape, generator=noise) * getattr(scheduler, "init_noise_sigma", 1.0)
    scaled = getattr(scheduler, "scale_model_input", lambda sample, _: sample)
    start = scaled(x, scheduler.timesteps[0]).double() / prediction.scale(torch.tensor(levels[0]))
    again = noise.clone_state()
    adds = {"generator": noise} if find(solver).stochastic else {}
    for t in scheduler.timesteps:
        x = scheduler.step(network(scaled(x, t), t), t, x, **adds).prev_sample
    place, kind = torch.device("cpu"), torch.float64
    denoiser = NetworkDenoiser(
        lambda sample, t, _rows: network(sample, t),
        times,
        prediction,
        shape=shape,
        device=place,
        dtype=kind,
        batch=1,
    )
    if levels.size == 1:
        return x, denoiser(start.float(), float(levels[0]))
    return x, samplers.sample(denoiser, start.float(), levels, solver, generator=again, denoise_to_zero=True)


def _network(process: Process, spread: torch.Tensor, last: int) -> tuple[Network, Times]:
    """The network that answers rightly for Gaussian data of this spread, one x at a time; and a level's timestep.

    `last` is the timestep of a flow's pure noise.
    """
    prediction = process.prediction
    if process.name == "flow":
        level, times = lambda t: flow_sigma(t / last), lambda sigma: last * flow_time(sigma)
    elif not process.discrete:
        level, times = edm_sigma, process.timesteps
    else:
        trained = TrainingLevels(process.sigmas[::-1])
        steps, logs = np.arange(trained.sigmas.size), np.log(trained.sigmas)
        level, times = lambda t: np.exp(np.interp(t, steps, logs)), trained.timesteps

    def network(sample: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        sigma = torch.as_tensor(level(t.double().numpy()))
        x = sample.double() / prediction.scale(sigma)
        noise = x * sigma / (spread.square() + sigma.square())
        return prediction.answer(x - sigma * noise, noise, sigma).to(sample.dtype)

    return network, times
