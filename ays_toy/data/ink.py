"""From ink to points: where a drawing or an image is dark, there are data."""

import numpy as np
import torch

from ays_toy.checks import whole_number
from ays_toy.data.datasets import MAX_POINTS

LEAST_POINTS = 10
COUNTS = (1000, 2000, 5000, MAX_POINTS)  # of points, as they are offered
COUNT = 2000


def points(ink: np.ndarray, n: int, generator: torch.Generator) -> np.ndarray:
    """Draw n points [n, 2] in proportion to ink [rows, columns] >= 0, uniform within a pixel; y upwards, pixels 1 wide.

    One point falls into each n-th part of the ink, counted row by row: the density is met more evenly than by n
    independent draws. Raises ValueError for ink that is nowhere, and for fewer than 10 points or more than 20,000.
    """
    n = whole_number(n, "The number of points", LEAST_POINTS, MAX_POINTS)
    cumulative = np.cumsum(ink, dtype=np.float64)
    if not cumulative.size or not cumulative[-1] > 0:
        raise ValueError("There is no ink left to take points from: draw something first.")
    uniform = torch.rand(3, n, generator=generator, dtype=torch.float64).numpy()
    parts = (np.arange(n) + uniform[0]) * (cumulative[-1] / n)
    last = int(np.flatnonzero(ink.ravel())[-1])
    row, column = np.divmod(np.minimum(np.searchsorted(cumulative, parts, side="right"), last), ink.shape[1])
    return np.stack([column + uniform[1], ink.shape[0] - row - uniform[2]], axis=1)
