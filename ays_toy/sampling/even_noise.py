"""Normal noise for the points of one walk in 2D, spread evenly over all that it could be: scrambled Sobol points.

Every point is normal noise by itself, for x_T and all steps, and together they cover its space with fewer gaps than
independent ones do (Owen 1995). A mean over the samples is then known better, many times so where x_T alone decides.
"""

import math
from functools import lru_cache

import torch

from ays_toy.checks import whole_number


class EvenNoise:
    """The noise of one walk of n points, as `samplers.sample` asks for it; n had best be a power of two."""

    def __init__(self, seed: int, n: int, steps: int, device: str | torch.device = "cpu") -> None:
        self.seed = whole_number(seed, "The seed", 0, 2**63 - 1)
        self.n, self.steps = whole_number(n, "The number of points", 1), whole_number(steps, "The number of steps", 0)
        self._device, self._step = device, 0

    def start(self, sigma: float) -> torch.Tensor:
        """x_T [n, 2] at the highest level; the steps are counted anew."""
        self._step = 0
        return sigma * self._draw(0)

    def __call__(self, _: float, __: float, x: torch.Tensor) -> torch.Tensor:
        """The noise of the next step, as x in type."""
        self._step += 1
        return self._draw(self._step).to(x)

    def _draw(self, step: int) -> torch.Tensor:
        return _normals(self.seed, self.n, 2 * (self.steps + 1))[step].to(self._device)


@lru_cache(maxsize=4)  # candidates of one round have the same noise
def _normals(seed: int, n: int, dimensions: int) -> tuple[torch.Tensor, ...]:
    """Standard normal noise [n, 2] for every pair of dimensions, not to be written to."""
    engine = torch.quasirandom.SobolEngine(dimensions, scramble=True, seed=seed)
    uniform = engine.draw(n, dtype=torch.float64).clamp_(1e-12, 1 - 1e-12)
    normal = math.sqrt(2) * (2 * uniform - 1).erfinv_()
    return tuple(pair.contiguous() for pair in normal.float().split(2, dim=1))
