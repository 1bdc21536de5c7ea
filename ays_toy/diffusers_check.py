"""The scheduler of a program for diffusers: as it is written, built as it is written, and held to our own solver.

A scheduler takes nothing from a model's configuration but the noise it was trained on: classes differ in the flags they
know and in the defaults they put in place of what is left out. Then it is made to draw with a small network that knows
its answer: it must stop at our levels and end where our solver ends, or the program is not given out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from ays_toy import samplers
from ays_toy.images import schedulers
from ays_toy.images.adapters import NetworkDenoiser
from ays_toy.images.coordinates import FLOW_TIMESTEPS, PREDICTIONS, TrainingLevels, flow_sigma, flow_time
from ays_toy.images.models import ImageModel

LEVELS_AGREE = 1e-6  # relative, in the coordinate of the scheduler
STEPS_AGREE = 1e-2  # relative to the data's spread: clipping, a wrong prediction or other steps change it by far more
REACH = 6  # standard deviations that noise reaches: a million normal numbers stay below 5.5


@dataclass(frozen=True)
class Written:
    """A scheduler as a line of a program: its class, its keywords, and what it takes from the scheduler `trained`."""

    name: str
    keywords: Mapping[str, Any]
    betas: bool  # the betas of `trained`
    powers: bool = False  # its alphas_cumprod too, where these do not follow from its betas

    def lines(self) -> list[str]:
        """The lines of the program."""
        betas = ["trained_betas=trained.betas.tolist()"] if self.betas else []
        arguments = ", ".join([*betas, *(f"{name}={value!r}" for name, value in self.keywords.items())])
        powers = ["scheduler.alphas_cumprod = trained.alphas_cumprod"] if self.powers else []
        return [f"scheduler = {self.name}({arguments})", *powers]

    def build(self, trained: Any) -> Any:
        """What these lines make."""
        import diffusers

        betas = {"trained_betas": trained.betas.tolist()} if self.betas else {}
        scheduler = getattr(diffusers, self.name)(**betas, **self.keywords)
        if self.powers:
            scheduler.alphas_cumprod = trained.alphas_cumprod
        return scheduler


def checked(
    written: Written, model: ImageModel, solver: str, levels: np.ndarray, given: Mapping[str, Sequence[float]]
) -> Written:
    """The scheduler, mended where it must be, that makes this solver's steps at levels [n] and then to zero.

    `given` is what set_timesteps gets. Raises ValueError where none does, or half precision cannot hold the start.
    """
    assert model.origin is not None
    assert model.origin.scheduler is not None
    trained = schedulers.build(model.origin.scheduler.config, model.origin.source, model.origin.scheduler.name)
    count = len(trained.betas) if written.betas else trained.config.num_train_timesteps
    if count != FLOW_TIMESTEPS:
        written = replace(written, keywords={"num_train_timesteps": count} | dict(written.keywords))
    attempts = [written, replace(written, powers=True)] if written.betas else [written]
    faults = [_fault(attempt, trained, model, solver, levels, given) for attempt in attempts]
    for attempt, fault in zip(attempts, faults, strict=True):
        if fault is None:
            return attempt
    raise ValueError(
        f"{written.name} of diffusers cannot take over this model's noise process, since {faults[-1]}: "
        "export for another solver, or the levels as a file."
    )


def _fault(
    written: Written,
    trained: Any,
    model: ImageModel,
    solver: str,
    levels: np.ndarray,
    given: Mapping[str, Sequence[float]],
) -> str | None:
    """What is wrong with a scheduler, as the end of a sentence; None where nothing is."""
    try:
        scheduler = written.build(trained)
        scheduler.set_timesteps(**given)
        met = visited(scheduler)
        meant = flow_time(levels) if model.prediction == "flow" else levels
        if met.size != meant.size:
            return f"it visits {met.size} levels for {meant.size}"
        worst = int(np.argmax(~np.isclose(met, meant, rtol=LEVELS_AGREE, atol=0)))
        if not np.isclose(met[worst], meant[worst], rtol=LEVELS_AGREE, atol=0):
            return f"it visits {met[worst]:.6g} for {meant[worst]:.6g}"
        theirs, ours, spread = _drawn(scheduler, model, solver, levels)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        return f"it fails ({str(error).strip().splitlines()[0].rstrip('.') if str(error).strip() else error!r})"
    if not torch.isclose(theirs / spread, ours / spread, rtol=STEPS_AGREE, atol=STEPS_AGREE).all():
        return f"its steps are not those of {samplers.SOLVERS[solver].title}"
    return None


def visited(scheduler: Any) -> np.ndarray:
    """The levels [n] at which a scheduler asks the network, in its own coordinate, without a final zero."""
    if hasattr(scheduler, "sigmas"):  # Heun's holds every inner level twice
        return torch.unique_consecutive(scheduler.sigmas.double())[:-1].numpy()
    power = scheduler.alphas_cumprod.double()[scheduler.timesteps]
    return ((1 - power) / power).sqrt().numpy()


def _drawn(
    scheduler: Any, model: ImageModel, solver: str, levels: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """What scheduler and solver make of one start with a network that knows its answer, and the data's spread."""
    spread = torch.logspace(-1, 2, 32).reshape(1, 1, 4, 8)
    network, times = _network(model, spread.double(), scheduler.config.num_train_timesteps)
    x = torch.randn(spread.shape, generator=torch.Generator().manual_seed(0)) * getattr(
        scheduler, "init_noise_sigma", 1
    )
    scaled = getattr(scheduler, "scale_model_input", lambda sample, _: sample)
    scale = PREDICTIONS[model.prediction].scale(torch.tensor(levels[0]))
    start = (scaled(x, scheduler.timesteps[0]).double() / scale).float()
    noise = {"generator": torch.Generator().manual_seed(1)} if samplers.SOLVERS[solver].stochastic else {}
    for t in scheduler.timesteps:
        x = scheduler.step(network(scaled(x, t), t), t, x, **noise).prev_sample
    denoiser = NetworkDenoiser(
        lambda sample, t, _: network(sample, t.reshape(-1, 1, 1, 1)),
        times,
        model.prediction,
        shape=(1, 4, 8),
        device=torch.device("cpu"),
        dtype=torch.float64,
        batch=1,
    )
    again = torch.Generator().manual_seed(1)
    if levels.size == 1:
        ours = denoiser(start, float(levels[0]))
    else:
        ours = samplers.sample(denoiser, start, levels, solver, generator=again, denoise_to_zero=True)
    return x, ours, spread


def _network(model: ImageModel, spread: torch.Tensor, last: int) -> tuple[Any, Any]:
    """The perfect network for Gaussian data of this spread, (x, timestep) -> its prediction; a level's timestep."""
    if model.prediction == "flow":
        level, times = lambda t: flow_sigma(t / last), lambda sigma: last * flow_time(sigma)
    else:
        assert model.training_sigmas is not None
        trained = TrainingLevels(model.training_sigmas[::-1])
        steps, logs = np.arange(trained.sigmas.size), np.log(trained.sigmas)
        level, times = lambda t: np.exp(np.interp(t, steps, logs)), trained.timesteps
    prediction = PREDICTIONS[model.prediction]

    def network(sample: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        sigma = torch.as_tensor(level(t.double().numpy()))
        x = sample.double() / prediction.scale(sigma)
        noise = x * sigma / (spread.square() + sigma.square())
        return prediction.answer(x - sigma * noise, noise, sigma).to(sample.dtype)

    return network, times
