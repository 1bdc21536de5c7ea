"""A schedule as a short program for diffusers that runs as printed: model, scheduler, noise levels, images.

Each solver has one scheduler that makes the same steps (`counterparts`). Of a model's own scheduler nothing is taken
over but the noise it was trained on, and every program's scheduler is built and held to our levels and steps before the
program is given out (`diffusers_check`).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ays_toy.exchange import handing_on, own_loop, picture
from ays_toy.exchange.diffusers_check import Written, checked
from ays_toy.exchange.export import FINAL_ZERO, check_whole, ends_early, snap, steps, with_zero
from ays_toy.images.pipelines.coordinates import flow_time
from ays_toy.images.pipelines.models import ImageModel, Origin, SchedulerFile
from ays_toy.images.pipelines.processes import edm_options
from ays_toy.sampling.counterparts import Scheduler
from ays_toy.sampling.schedules import validate
from ays_toy.sampling.solvers import Solver, find
from ays_toy.version import __version__

DIFFUSERS = "0.42.1"  # what the programs were tested with
EXACT = ("PixArtAlphaPipeline", "PixArtSigmaPipeline", "SanaPipeline")  # else they draw in the nearest size of a list


def scheduler_for(solver: Solver, model: ImageModel | None = None) -> Scheduler:
    """The scheduler of diffusers that makes this solver's steps; ValueError where none does for the model's process."""
    if model is None or (model.origin is None and model.prediction != "flow"):
        return solver.diffusers
    if model.prediction in ("flow", "edm"):
        return solver.flow if model.prediction == "flow" else solver.edm
    return solver.diffusers if model.training_sigmas is not None else _continuous(solver)


def _continuous(solver: Solver) -> Scheduler:
    """The one for a network that keeps variance and is told continuous noise levels, as Euler's can be."""
    if (known := solver.diffusers).imported != "EulerDiscreteScheduler":
        raise ValueError(
            "Of diffusers' schedulers Euler's alone tells a network continuous noise levels: export for the solver "
            "ddim or ipndm, or take the levels as a file."
        )
    return replace(known, options=known.options | {"timestep_type": "continuous"})


def as_diffusers(
    sigmas: Any, model: ImageModel | None = None, *, solver: str = "ddim", final_zero: str = "replace"
) -> str:
    """A program for diffusers that draws images of `model` along a schedule [n+1] with a solver.

    Without a model, or with one whose scheduler file is not known, it ends with the scheduler, its levels set. The
    first lines say how steps are counted and, where levels had to be moved to timesteps, how far and where to. Raises
    ValueError where timesteps are needed and the model has none, and where diffusers' scheduler would not visit these
    levels; for a schedule that ends before zero as `handing_on.given` does.
    """
    levels, chosen, early = validate(sigmas), find(solver), ends_early(model)
    scheduler = scheduler_for(chosen, model)
    ending = with_zero(levels, "append" if early else final_zero)
    met, given, about = _given(ending, model, scheduler)
    ends = handing_on.words(met[-1]) if early else FINAL_ZERO[final_zero]
    head = [
        f"# {chosen.title}, {steps(met.size - early)}: {ends}.",
        *about,
        f"# AYS Explorer {__version__}, tested with diffusers {DIFFUSERS}.",
    ]
    numbers = f"{scheduler.takes} = {_numbers(given)}"
    if model is None or model.origin is None or model.origin.scheduler is None:
        check_whole(model, "A scheduler alone")
        return "\n".join([*head, *_alone(model, scheduler, numbers)]) + "\n"
    written = Written(scheduler, _predicts(model, scheduler) | scheduler.options, betas=scheduler.process == "vp")
    if not model.origin.scheduler.tested:
        written = checked(written, model, chosen.name, met, {scheduler.takes: given})
    made = [*_trained(model.origin, model.origin.scheduler, written), *written.lines()]
    if model.prompts:
        drawn = _prompted(model, model.origin, chosen, met, numbers, made)
    else:
        drawn = own_loop.drawn(model, model.origin, scheduler, numbers, made, chosen.stochastic)
    return "\n".join([*head, *drawn]) + "\n"


def _predicts(model: ImageModel, scheduler: Scheduler) -> dict[str, Any]:
    """What a scheduler is told of what the network answers."""
    if scheduler.process == "flow":
        return {}
    if scheduler.process == "vp":
        return {"prediction_type": model.prediction}
    assert model.origin is not None
    assert model.origin.scheduler is not None
    return edm_options(model.origin.scheduler.config, model.origin.source, model.origin.scheduler.name)


def _given(ending: np.ndarray, model: ImageModel | None, scheduler: Scheduler) -> tuple[np.ndarray, list, list[str]]:
    """The levels [n] that a scheduler visits before zero, what it is given for them, and comments on that."""
    levels, zero = ending[:-1], "# The scheduler adds that zero by itself: it is not in the list."
    if scheduler.process == "flow":
        how = "# A flow counts noise as s = sigma / (1 + sigma); shift=1.0, since these s are final."
        return levels, _rounded(flow_time(levels)), [zero, how]
    if scheduler.takes == "sigmas":
        return levels, _rounded(ending), ["# That zero is the last number of the list."]
    if model is None or model.training_sigmas is None:
        raise ValueError(
            f"{scheduler.imported} takes whole training timesteps, which are known for models with discrete time only: "
            "export for the solver ddim, or with such a model."
        )
    timesteps = snap(levels, model.training_sigmas)
    met = model.training_sigmas[::-1][timesteps]
    moved = np.abs(met / levels - 1).max()
    how = f"# {scheduler.imported} takes whole timesteps: levels are moved by up to {moved:.1%} to the nearest ones,"
    return met, timesteps, [zero, how, f"# sigmas = {_numbers(_rounded(met))}."]


def _rounded(levels: np.ndarray) -> list[float]:
    return [float(f"{level:.8g}") for level in levels]


def _numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(f"{value:.8g}" for value in values) + "]"


def _alone(model: ImageModel | None, scheduler: Scheduler, numbers: str) -> list[str]:
    """A program for a model of which no scheduler file is known: it ends with the scheduler, to be completed."""
    predicts = {} if model is None or scheduler.process != "vp" else {"prediction_type": model.prediction}
    arguments = ", ".join(f"{name}={value!r}" for name, value in (scheduler.options | predicts).items())
    return [
        *(["import torch"] if scheduler.defined else []),
        f"from diffusers import {scheduler.imported}",
        "",
        numbers,
        *scheduler.defined.splitlines(),
        f"scheduler = {scheduler.name}({arguments})  # and the betas that your model was trained with",
        f"scheduler.set_timesteps({scheduler.takes}={scheduler.takes})",
    ]


def _trained(origin: Origin, file: SchedulerFile, written: Written) -> list[str]:
    if not written.betas:
        return []
    within = "" if file.subfolder is None else f", subfolder={file.subfolder!r}"
    where = f"{repr(origin.config) if origin.config else own_loop.place(origin)}{within}"
    return [f"trained = {file.name}.from_pretrained({where})  # the noise that the model was trained on"]


def _prompted(
    model: ImageModel, origin: Origin, solver: Solver, met: np.ndarray, numbers: str, made: list[str]
) -> list[str]:
    """Images of prompts: the pipeline's own call. Those of flows give their scheduler no generator."""
    assert origin.pipeline is not None
    assert origin.scheduler is not None
    assert model.pixels is not None
    scheduler = scheduler_for(solver, model)
    height, width = model.pixels
    guidance = "" if model.guidance is None else f" guidance_scale={model.guidance:g},"
    given_up = "".join(f", {part}=None" for part in origin.absent)
    exact = " use_resolution_binning=False," if origin.pipeline in EXACT else ""
    pipeline, sized = picture.pipeline(model, origin.pipeline), f"height={height}, width={width},{exact} "
    left = handing_on.given(model, pipeline, solver, met)
    return [
        *own_loop.imports(origin, scheduler, pipeline),
        *picture.opening(model),
        "",
        numbers,
        *made,
        f"pipe = {pipeline}.{_loaded(model, origin)}{given_up})",
        *_added(origin),
        f'pipe.to("{model.device}")',
        "pipe.scheduler = scheduler",
        f"prompts = {list(model.prompts)!r}",
        *(
            ["torch.manual_seed(0)  # for the noise of its steps"]
            if scheduler.process == "flow" and solver.stochastic
            else []
        ),
        f"{'latents' if left else 'images'} = pipe(",
        f"    prompts, {scheduler.takes}={scheduler.takes},{guidance}",
        *picture.given(model),
        *handing_on.taken_up(model, pipeline, met),
        *left,
        f'    {sized if picture.takes_size(pipeline) else ""}generator=torch.Generator("cpu").manual_seed(0),',
        ").images",
    ]


def _loaded(model: ImageModel, origin: Origin) -> str:
    """How a pipeline is loaded, up to what it is to do without."""
    if origin.config is not None:
        return f"from_single_file({origin.source!r}, config={origin.config!r}, torch_dtype={model.dtype}"
    return f"from_pretrained({own_loop.place(origin)}, {own_loop.stored(model, origin)}"


def _added(origin: Origin) -> list[str]:
    """The lines that add a LoRA."""
    if origin.lora is None:
        return []
    file, scale = Path(origin.lora[0]), origin.lora[1]
    return [
        f"pipe.load_lora_weights({str(file.parent)!r}, weight_name={file.name!r})  # needs peft",
        f"pipe.fuse_lora(lora_scale={scale:g})",
    ]
