"""Schedules as files and as text for other tools: everything needed to use one elsewhere, and to make it again.

A schedule here is n+1 positive levels for n steps. JSON and CSV hold them as they are. Image tools want a list that
ends in zero, and disagree on what that costs: `final_zero` says how zero comes in, and `counting` says it in words.
"""

import json
from typing import Any

import numpy as np

from ays_toy.checks import lookup
from ays_toy.estimates import KlubEstimate
from ays_toy.images.pipelines.coordinates import FLOW_TIMESTEPS, flow_sigma, flow_time
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling.schedules import validate
from ays_toy.version import __version__

FINAL_ZERO = {
    "replace": "zero takes the place of the last level, so the last step jumps to it",
    "append": "zero is appended, one step and one call of the model more",
    "none": "no zero, since another model goes on from the last level",
}


def as_json(sigmas: Any, *, method: str, klub: KlubEstimate | None = None, **about: Any) -> str:
    """A schedule [n+1] with its method, KLUB and whatever else is said about it (model, solver, ...), as JSON.

    Examples:
        >>> json.loads(export.as_json([80, 1, 0.002], method="by hand"))["sigmas"]
        [80.0, 1.0, 0.002]
    """
    levels = validate(sigmas)
    record: dict[str, Any] = {
        "sigmas": levels.tolist(),
        "steps": levels.size - 1,
        "final_zero": False,  # a last jump to zero noise is not among the levels and not counted
        "counting": f"{levels.size} noise levels for {steps(levels.size - 1)}; a final jump to zero is not counted",
        "sigma_max": levels[0],
        "sigma_min": levels[-1],
        "method": method,
        **about,
        "version": __version__,
    }
    if klub is not None:
        record["klub"] = {"value": klub.value, "stderr": klub.stderr, "unit": "nats", "terms": klub.terms.tolist()}
    return json.dumps(record, indent=1, default=_plain) + "\n"


def as_sdnext(sigmas: Any, model: ImageModel | None, *, final_zero: str = "replace") -> str:
    """A schedule as SD.Next's override of timesteps: whole ones between commas; the zero that ends them is its own.

    Levels are moved to the nearest timestep of a model with discrete time; a flow's s in [0, 1] counts as 1000 s.
    Raises ValueError without such a model.
    """
    check_whole(model, "SD.Next")
    levels = with_zero(sigmas, final_zero)[:-1]
    if model is not None and model.prediction == "flow":
        trained = flow_sigma(np.arange(FLOW_TIMESTEPS - 1, 0, -1) / FLOW_TIMESTEPS)
        return ", ".join(str(1 + timestep) for timestep in snap(levels, trained))
    if model is None or model.training_sigmas is None:
        raise ValueError(
            "SD.Next takes whole timesteps, which are known for flows and models with discrete time only: take another "
            "form."
        )
    return ", ".join(map(str, snap(levels, model.training_sigmas)))


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


def as_csv(sigmas: Any) -> str:
    """A schedule [n+1] as two columns: level, from 0 at the highest noise, and sigma, without a final zero.

    Examples:
        >>> export.as_csv([80, 1, 0.002]).splitlines()
        ['level,sigma (no final zero)', '0,80.0', '1,1.0', '2,0.002']
    """
    lines = [f"{k},{sigma!r}" for k, sigma in enumerate(validate(sigmas).tolist())]
    return "\n".join(["level,sigma (no final zero)", *lines]) + "\n"


def as_comfyui(sigmas: Any, model: ImageModel | None = None, *, final_zero: str = "replace") -> str:
    """A schedule as ComfyUI's custom sigmas: plain decimals between commas, zero last, and nothing but numbers.

    For n steps these are n+1 numbers where zero takes the place of the last level (as in ComfyUI's own
    AlignYourStepsScheduler), n+2 where it is appended. Flow-matching models count noise as s = sigma / (1 + sigma).

    Examples:
        >>> export.as_comfyui([80, 1, 0.002])
        '80.0, 1.0, 0.0'
        >>> export.as_comfyui([80, 1, 0.002], final_zero="append")
        '80.0, 1.0, 0.002, 0.0'
    """
    return _decimals(with_zero(sigmas, ending(model, final_zero)), model)


def as_webui(sigmas: Any, model: ImageModel | None, *, final_zero: str = "replace") -> str:
    """A schedule for A1111 and Forge, which take no list but by the extension webUI_ExtraSchedulers, as its *Custom*.

    It is a list in brackets without the zero that ends it, which is the extension's own: as many numbers as steps have
    to be set there, since others are put between them. Raises ValueError without a model of images.
    """
    check_whole(model, "A1111's list")
    if model is None:
        raise ValueError("A1111 and Forge draw with models of images: take another form, or load such a model.")
    return f"[{_decimals(with_zero(sigmas, final_zero)[:-1], model)}]"


def _decimals(levels: np.ndarray, model: ImageModel | None) -> str:
    """Levels in plain decimals between commas, a flow's as s; ComfyUI's reader takes scientific notation apart."""
    if model is not None and model.prediction == "flow":
        levels = flow_time(levels)
    return ", ".join(np.format_float_positional(level, precision=8, fractional=False, trim="0") for level in levels)


def with_zero(sigmas: Any, final_zero: str = "replace") -> np.ndarray:
    """The levels with a zero that takes the place of the last one ("replace") or comes after it ("append"), or none.

    Examples:
        >>> export.with_zero([80, 1, 0.002]).tolist()
        [80.0, 1.0, 0.0]
    """
    levels = validate(sigmas)
    lookup(FINAL_ZERO, final_zero, "way to end in zero")
    if final_zero == "none":
        return levels
    return np.append(levels[:-1] if final_zero == "replace" else levels, 0.0)


FOR_ANY_END = "take ComfyUI's list, or JSON"


def ends_early(model: ImageModel | None) -> bool:
    """Whether a model's schedules end before zero, where another model goes on."""
    return model is not None and model.part is not None and model.part.ends_early


def ending(model: ImageModel | None, final_zero: str) -> str:
    """How a model's schedules end: as is asked, but without a zero where another model goes on."""
    return "none" if ends_early(model) else final_zero


def check_whole(model: ImageModel | None, form: str) -> None:
    """ValueError for a schedule that another model goes on from, in a form that has no way to say so."""
    if ends_early(model):
        raise ValueError(f"{form} goes down to zero noise, and this schedule ends before: {FOR_ANY_END}.")


def counting(sigmas: Any, final_zero: str = "replace", told: bool = True) -> str:
    """One sentence that says how a list for image tools counts its steps, for n levels of a schedule [n+1].

    Where the zero is not `told`, it is the tool's own, and not in the list.

    Examples:
        >>> export.counting([80, 1, 0.002])
        '3 numbers for 2 steps: zero takes the place of the last level, so the last step jumps to it.'
        >>> export.counting([80, 1, 0.002], told=False)
        '2 numbers for 2 steps: zero takes the place of the last level, so the last step jumps to it, and is not told.'
    """
    levels = with_zero(sigmas, final_zero)
    numbers, untold = levels.size - (not told), "" if told else ", and is not told"
    return f"{numbers} numbers for {steps(levels.size - 1)}: {FINAL_ZERO[final_zero]}{untold}."


def steps(n: int) -> str:
    """The number of steps in words."""
    return f"{n} step{'' if n == 1 else 's'}"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a schedule's file.")
