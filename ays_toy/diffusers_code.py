"""A schedule as a short program for diffusers that runs as printed: model, scheduler, noise levels, images.

Each solver has one scheduler of diffusers that makes the same steps. Two of those take noise levels as they are
(`sigmas=`); the others take whole training timesteps (`timesteps=`), so that levels are moved to the nearest ones.
DDIMScheduler takes neither, and needs neither: DDIM is Euler's method in sigma.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ays_toy import __version__
from ays_toy.checks import lookup
from ays_toy.export import FINAL_ZERO, steps, with_zero
from ays_toy.images.coordinates import flow_time
from ays_toy.images.models import ImageModel
from ays_toy.samplers import SOLVERS
from ays_toy.schedules import validate

DIFFUSERS = "0.42.1"  # what the programs were tested with


@dataclass(frozen=True)
class Scheduler:
    """A scheduler of diffusers, the options under which it is one of our solvers, and what it takes levels as."""

    name: str
    takes: str  # sigmas or timesteps
    options: dict[str, Any] = field(default_factory=dict)


_NO_SPACING = {"use_karras_sigmas": False, "use_exponential_sigmas": False, "use_beta_sigmas": False}
_MULTISTEP = {"solver_order": 2, "solver_type": "midpoint", "final_sigmas_type": "zero", "thresholding": False}
_MULTISTEP |= {"use_lu_lambdas": False, "euler_at_final": False} | _NO_SPACING
SCHEDULERS: dict[str, Scheduler] = {
    "stochastic-ddim": Scheduler(
        "DDPMScheduler", "timesteps", {"variance_type": "fixed_small", "clip_sample": False, "thresholding": False}
    ),
    "ddim": Scheduler("EulerDiscreteScheduler", "sigmas", {"timestep_spacing": "trailing"}),
    "sde-dpmpp-2m": Scheduler(
        "DPMSolverMultistepScheduler", "timesteps", {"algorithm_type": "sde-dpmsolver++"} | _MULTISTEP
    ),
    "dpmpp-2m": Scheduler("DPMSolverMultistepScheduler", "timesteps", {"algorithm_type": "dpmsolver++"} | _MULTISTEP),
    "heun": Scheduler(
        "HeunDiscreteScheduler", "timesteps", {"timestep_spacing": "trailing", "clip_sample": False} | _NO_SPACING
    ),
}
# Levels are given as they are, so nothing may shift them once more.
FLOW = Scheduler(
    "FlowMatchEulerDiscreteScheduler",
    "sigmas",
    {"shift": 1.0, "use_dynamic_shifting": False, "shift_terminal": None} | _NO_SPACING,
)


def scheduler_for(solver: str, model: ImageModel | None = None) -> Scheduler:
    """The scheduler of diffusers that makes this solver's steps; ValueError where none takes chosen levels."""
    found = lookup(SCHEDULERS, solver, "solver")
    if model is not None and model.prediction == "flow":
        if solver != "ddim":
            raise ValueError(
                f"diffusers takes chosen noise levels for a flow only in {FLOW.name}, which is DDIM: "
                f"export for the solver ddim instead of {solver}."
            )
        return FLOW
    return found


def snap(sigmas: Any, training_sigmas: Any) -> list[int]:
    """Distinct training timesteps [m], descending, nearest in log sigma to m >= 1 descending levels.

    `training_sigmas` [T] descend, the last being timestep 0. Where several levels have the same nearest timestep, the
    later ones move down, or all of them up at the bottom. Raises ValueError where there are more levels than timesteps.
    """
    levels = np.array(sigmas, dtype=np.float64) if len(sigmas) == 1 else validate(sigmas)
    trained = validate(training_sigmas)[::-1]
    if levels.size > trained.size:
        raise ValueError(f"{levels.size} noise levels cannot have timesteps of their own: there are {trained.size}.")
    nearest = np.rint(np.interp(np.log(levels), np.log(trained), np.arange(trained.size))).astype(int)
    index = np.arange(levels.size)
    # Strictly descending where t + index does not rise.
    distinct = np.minimum.accumulate(nearest + index) - index
    return np.maximum(distinct, index[::-1]).tolist()


def as_diffusers(
    sigmas: Any, model: ImageModel | None = None, *, solver: str = "ddim", final_zero: str = "replace"
) -> str:
    """A program for diffusers that draws images of `model` along a schedule [n+1] with a solver of `SCHEDULERS`.

    Without a model, or with one that has no pipeline of diffusers, it ends with the scheduler, its levels set. The
    first lines say how steps are counted and, where levels had to be moved to timesteps, how far. Raises ValueError
    for a solver without counterpart, or where timesteps are needed and the model has none.
    """
    levels, scheduler = validate(sigmas), scheduler_for(solver, model)
    ending = with_zero(levels, final_zero)
    zero = "# The scheduler adds that zero by itself: it is not in the list."
    if scheduler.takes == "timesteps":
        given, note = _timesteps(ending[:-1], model, scheduler)
    elif scheduler is FLOW:
        given = f"sigmas = {_numbers(flow_time(ending[:-1]))}"
        note = ["# A flow counts noise as s = sigma / (1 + sigma); shift=1.0, since these s are final."]
    else:
        given, note, zero = f"sigmas = {_numbers(ending)}", [], "# That zero is the last number of the list."
    head = [
        f"# {SOLVERS[solver].title}, {steps(ending.size - 1)}: {FINAL_ZERO[final_zero]}.",
        zero,
        *note,
        f"# AYS Explorer {__version__}, tested with diffusers {DIFFUSERS}.",
    ]
    return "\n".join([*head, *_body(model, scheduler, given, SOLVERS[solver].stochastic)]) + "\n"


def _timesteps(levels: np.ndarray, model: ImageModel | None, scheduler: Scheduler) -> tuple[str, list[str]]:
    if model is None or model.training_sigmas is None:
        raise ValueError(
            f"{scheduler.name} takes whole training timesteps, which are known for models with discrete time only: "
            "export for the solver ddim, or with such a model."
        )
    chosen = snap(levels, model.training_sigmas)
    change = np.abs(model.training_sigmas[::-1][chosen] / levels - 1).max()
    note = [f"# {scheduler.name} takes whole timesteps: levels are moved by up to {change:.1%} to the nearest ones."]
    return f"timesteps = {chosen}", note


def _numbers(levels: np.ndarray) -> str:
    return "[" + ", ".join(f"{level:.8g}" for level in levels) + "]"


def _body(model: ImageModel | None, scheduler: Scheduler, given: str, stochastic: bool) -> list[str]:
    options = "".join(f", {name}={value!r}" for name, value in scheduler.options.items())
    set_levels = f"scheduler.set_timesteps({scheduler.takes}={scheduler.takes})"
    if model is None or model.origin is None:
        predicts = "" if model is None or scheduler is FLOW else f", prediction_type={model.prediction!r}"
        keywords = (options + predicts).removeprefix(", ")
        return [
            f"from diffusers import {scheduler.name}",
            "",
            given,
            f"scheduler = {scheduler.name}({keywords})  # and the betas that your model was trained with",
            set_levels,
        ]
    origin = model.origin
    given_up = "".join(f", {part}=None" for part in origin.absent)
    variant = "" if origin.variant is None else f", variant={origin.variant!r}"
    how = f"dtype={model.dtype}, use_safetensors=True{variant}{given_up}"
    start = [
        "import torch",
        f"from diffusers import {', '.join(sorted({scheduler.name, origin.pipeline}))}",
        "",
        given,
        f"pipe = {origin.pipeline}.from_pretrained({origin.source!r}, {how})",
        f'pipe.to("{model.device}")',
        f"scheduler = {scheduler.name}.from_config(pipe.scheduler.config{options})",
        'noise = torch.Generator("cpu").manual_seed(0)',
    ]
    if model.prompts:
        return [*start, *_prompted(model, scheduler)]
    channels, height, width = model.shape
    at = f'.to("{model.device}", {model.dtype})'
    return [
        *start,
        set_levels,
        f"x = torch.randn(4, {channels}, {height}, {width}, generator=noise){at} * scheduler.init_noise_sigma",
        "with torch.no_grad():",
        "    for t in scheduler.timesteps:",
        f"        out = pipe.unet(scheduler.scale_model_input(x, t), t).sample[:, :{channels}]",
        f"        x = scheduler.step(out, t, x{', generator=noise' if stochastic else ''}).prev_sample",
        "images = x.clamp(-1, 1)  # [4, channels, height, width]",
    ]


def _prompted(model: ImageModel, scheduler: Scheduler) -> list[str]:
    assert model.pixels is not None
    height, width = model.pixels
    guidance = "" if model.guidance is None else f" guidance_scale={model.guidance:g},"
    return [
        "pipe.scheduler = scheduler",
        f"prompts = {list(model.prompts)!r}",
        "images = pipe(",
        f"    prompts, {scheduler.takes}={scheduler.takes},{guidance}",
        f"    height={height}, width={width}, generator=noise,",
        ").images",
    ]
