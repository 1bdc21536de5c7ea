"""Elementary functions of numbers that hold for tensors too: a step is written once, with a gradient or without.

A level of a schedule is a float, or a float64 tensor [] by which what is sampled can be differentiated. Both are typed
as floats: what is written for numbers holds for such tensors, but for the functions of `math`, which these stand for.
"""

import math
from typing import Any

import numpy as np
import torch

from ays_toy.sampling.schedules import validate


def levels_of(sigmas: Any) -> list[float]:
    """The levels of a valid schedule, one by one: numbers, or where a tensor [n+1] asks for gradients its elements."""
    if not isinstance(sigmas, torch.Tensor):
        return validate(sigmas).tolist()
    checked: list[float] = validate(sigmas.detach().cpu().numpy().astype(np.float64)).tolist()
    traced: Any = sigmas.double().unbind()
    return list(traced) if is_traced(sigmas) else checked


def is_traced(level: Any) -> bool:
    """Whether gradients with respect to a level, or to a schedule, are wanted."""
    return isinstance(level, torch.Tensor) and level.requires_grad


def plain(level: float) -> float:
    """A level as a number."""
    return float(level.detach()) if isinstance(level, torch.Tensor) else level


def exp(x: float) -> float:
    """e^x."""
    return x.exp() if isinstance(x, torch.Tensor) else math.exp(x)


def expm1(x: float) -> float:
    """e^x - 1, to full precision near 0."""
    return x.expm1() if isinstance(x, torch.Tensor) else math.expm1(x)


def log1p(x: float) -> float:
    """log(1 + x), to full precision near 0."""
    return x.log1p() if isinstance(x, torch.Tensor) else math.log1p(x)


def sqrt(x: float) -> float:
    """The square root."""
    return x.sqrt() if isinstance(x, torch.Tensor) else math.sqrt(x)
