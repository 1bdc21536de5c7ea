"""One noise for all schedules: the Brownian motion behind the reverse SDE, seen by every solver's steps.

Where the denoiser's value D is held constant, the reverse SDE in y = x / t^2 reads dy = -2 D / t^3 dt + dB, with B a
Brownian motion in the clock u = 1 / t^2. So the noise that a step b -> a adds is a^2 (B(1/a^2) - B(1/b^2)), of variance
a^2 (1 - a^2 / b^2): the a sqrt(1 - (a/b)^2) z of Stochastic-DDIM. Giving every schedule the increments of one B couples
them: a finer schedule follows the same path more closely instead of another one.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence

import torch

from ays_toy.checks import positive

Draw = Callable[[float], torch.Tensor]  # standard normal float64 noise for what is added at a noise level


def drawing(source: "torch.Generator | Draw", shape: Sequence[int]) -> Draw:
    """Noise of this shape by level: from the source, or the generator's next on its device, whatever the level."""
    if not isinstance(source, torch.Generator):
        return source
    return lambda _: torch.randn(tuple(shape), generator=source, dtype=torch.float64, device=source.device)


class SharedNoise:
    """Standardized increments of one Brownian motion of this shape [N, ...], drawn where it is first asked for.

    Between levels that are known it is drawn as a Brownian bridge, so that asking for further levels changes nothing
    that was told before. Values are float64, on the device of what is drawn.
    """

    def __init__(
        self, shape: Sequence[int], sigma_max: float, source: torch.Generator | Draw, levels: Iterable[float] = ()
    ) -> None:
        """Begin at sigma_max; `levels` are drawn at once, so that they are the same whatever is asked for later."""
        self._draw = drawing(source, shape)
        self._order = [-positive(sigma_max, "sigma_max")]  # rises
        device = source.device if isinstance(source, torch.Generator) else "cpu"
        self._values = [torch.zeros(tuple(shape), dtype=torch.float64, device=device)]
        for level in levels:
            self.at(level)

    def at(self, sigma: float) -> torch.Tensor:
        """B(1 / sigma^2) - B(1 / sigma_max^2); ValueError above sigma_max."""
        key = -positive(sigma, "sigma")
        k = bisect_left(self._order, key)
        if k < len(self._order) and self._order[k] == key:
            return self._values[k]
        if k == 0:
            raise ValueError(f"The noise begins at sigma {-self._order[0]:g}: ask for levels below, not {sigma:g}.")
        since = _clock(-self._order[k - 1], sigma)
        value = self._values[k - 1]
        z = self._draw(sigma)
        if k == len(self._order):
            value = value + math.sqrt(since) * z
        else:
            rest = _clock(sigma, -self._order[k])
            share = since / (since + rest)
            value = torch.lerp(value, self._values[k], share) + math.sqrt(share * rest) * z
        self._order.insert(k, key)
        self._values.insert(k, value)
        return value

    def __call__(self, sigma: float, sigma_next: float, x: torch.Tensor) -> torch.Tensor:
        """The noise z of the step sigma -> sigma_next for the first len(x) entries: standard normal, typed as x."""
        rows = slice(len(x))
        increment = self.at(sigma_next)[rows] - self.at(sigma)[rows]
        return (increment / math.sqrt(_clock(sigma, sigma_next))).to(x)


def _clock(high: float, low: float) -> float:
    """1/low^2 - 1/high^2, to full precision however near the two are."""
    return (high - low) * (high + low) / (high * low) ** 2
