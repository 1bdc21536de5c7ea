"""Levels as numbers that any optimizer may move freely: their gaps in log sigma as a softmax, none below a floor."""

import numpy as np
import torch

from ays_toy.sampling.schedules import validate

FLOOR = 1e-3  # of the whole range, shared by all gaps


def cumulated(logits: torch.Tensor) -> torch.Tensor:
    """Shares of the way from 0 to 1, rising strictly, both ends among them [m] -> [m+1]."""
    gaps = FLOOR / len(logits) + (1 - FLOOR) * logits.softmax(0)
    return torch.cat([gaps.new_zeros(1), gaps[:-1].cumsum(0), gaps.new_ones(1)])


def between(shares: torch.Tensor, high: float, low: float) -> torch.Tensor:
    """The levels that lie by these shares [n+1], 0 to 1, on the way from high down to low, in log sigma."""
    return torch.exp(np.log(high) + shares * np.log(low / high))


def exact_ends(levels: torch.Tensor, high: float, low: float) -> np.ndarray:
    """The same as a schedule, its ends to the bit."""
    sigmas = levels.detach().cpu().double().numpy()
    sigmas[0], sigmas[-1] = high, low
    return validate(sigmas)
