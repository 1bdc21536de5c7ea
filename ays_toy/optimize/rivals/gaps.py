"""Levels as numbers that any optimizer may move freely: shares of the range in log sigma, none of which can vanish."""

import math

import torch

FLOOR = 1e-3  # of an even share, that every step keeps


def spread(shares: torch.Tensor, high: float, low: float) -> torch.Tensor:
    """The levels [n+1] from high to low whose steps take such shares [n] of the range in log sigma (by softmax)."""
    gaps = FLOOR / len(shares) + (1 - FLOOR) * shares.softmax(0)
    inner = math.log(high) - math.log(high / low) * gaps.cumsum(0)[:-1]
    ends = torch.tensor([high, low], dtype=shares.dtype)
    return torch.cat([ends[:1], inner.exp(), ends[1:]])
