"""Schedules as files: everything needed to use one elsewhere, and to make it again."""

import json
from typing import Any

import numpy as np

from ays_toy import __version__
from ays_toy.klub import KlubEstimate
from ays_toy.schedules import validate


def as_json(sigmas: Any, *, method: str, klub: KlubEstimate | None = None, **about: Any) -> str:
    """A schedule [n+1] with its method, KLUB and whatever else is said about it (model, solver, ...), as JSON."""
    levels = validate(sigmas)
    record: dict[str, Any] = {
        "sigmas": levels.tolist(),
        "steps": levels.size - 1,
        "final_zero": False,  # a last jump to zero noise is not among the levels and not counted
        "sigma_max": levels[0],
        "sigma_min": levels[-1],
        "method": method,
        **about,
        "version": __version__,
    }
    if klub is not None:
        record["klub"] = {"value": klub.value, "stderr": klub.stderr, "unit": "nats", "terms": klub.terms.tolist()}
    return json.dumps(record, indent=1, default=_plain) + "\n"


def as_csv(sigmas: Any) -> str:
    """A schedule [n+1] as two columns: level, from 0 at the highest noise, and sigma."""
    lines = [f"{k},{sigma!r}" for k, sigma in enumerate(validate(sigmas).tolist())]
    return "\n".join(["level,sigma", *lines]) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a schedule's file.")
