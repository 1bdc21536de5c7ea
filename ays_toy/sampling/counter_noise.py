"""Normal noise that depends on a seed, a step and a point and on nothing else: the browser draws the same.

A cipher with the seed as its key turns every pair (point, step) into 64 bits: Threefry-2x32 with 20 rounds (Salmon et
al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), then Box and Muller's transform. So any part of a sample can
be drawn alone, in any order; `ays_toy/ui/components/sampling/noise.js` is held to it by test.
"""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch

from ays_toy.checks import whole_number

ROTATIONS, PARITY, ROUNDS = (13, 15, 26, 6, 17, 29, 16, 24), 0x1BD11BDA, 20


def threefry(key: tuple[int, int], counters: np.ndarray) -> np.ndarray:
    """The cipher: two words of 32 bits for each of n counters [n, 2] of two and a key of two."""
    keys = [np.uint32(word) for word in (*key, key[0] ^ key[1] ^ PARITY)]
    a, b = (counters[:, k].astype(np.uint32) + keys[k] for k in (0, 1))
    for round_ in range(1, ROUNDS + 1):
        turn = ROTATIONS[(round_ - 1) % 8]
        a = a + b
        b = (b << np.uint32(turn) | b >> np.uint32(32 - turn)) ^ a
        if round_ % 4 == 0:
            k = round_ // 4
            a, b = a + keys[k % 3], b + keys[(k + 1) % 3] + np.uint32(k)
    return np.stack([a, b], axis=-1)


def uniforms(seed: int, step: int, n: int, first: int = 0) -> np.ndarray:
    """Uniform numbers [n, 2] inside (0, 1) for n points from number `first` on; seed and step are below 2^32."""
    points = np.arange(first, first + n, dtype=np.uint64).astype(np.uint32)
    words = threefry((seed, 0), np.stack([points, np.full(n, step, dtype=np.uint32)], axis=-1))
    return (words + 0.5) / 2.0**32


def normals(seed: int, step: int, n: int, first: int = 0) -> np.ndarray:
    """Standard normal numbers [n, 2]; the arguments are those of `uniforms`."""
    u, v = uniforms(seed, step, n, first).T
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


@lru_cache(maxsize=64)  # 0.16 MB each for 20,000 points: schedules side by side have the same noise, step for step
def _tensor(seed: int, step: int, n: int, dtype: torch.dtype) -> torch.Tensor:
    return torch.as_tensor(normals(seed, step, n), dtype=dtype)


@dataclass(frozen=True)
class LevelNoise:
    """Standard normal noise [n, 2] of n points in 2D by noise level, for `brownian.SharedNoise`, on the CPU.

    In the step's place stand the bits of the level as a float32, which are never so few as a walk's steps.
    """

    seed: int
    n: int

    def __post_init__(self) -> None:
        whole_number(self.seed, "The seed", 0, 2**32 - 1)

    def __call__(self, sigma: float) -> torch.Tensor:
        """The noise of one level, float64; the same whenever it is asked for."""
        return torch.as_tensor(normals(self.seed, int(np.float32(sigma).view(np.uint32)), self.n))


@dataclass
class CounterNoise:
    """The noise of one walk of n points in 2D, as `samplers.sample` asks for it: step by step, not to be written to."""

    seed: int
    n: int
    step: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        whole_number(self.seed, "The seed", 0, 2**32 - 1)
        whole_number(self.n, "The number of points", 1)

    def start(self, sigma: float, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        """x_T [n, 2] at the highest level; the steps are counted anew."""
        self.step = 0
        return sigma * _tensor(self.seed, 0, self.n, dtype)

    def __call__(self, _: float, __: float, x: torch.Tensor) -> torch.Tensor:
        """The noise of the next step, as x in shape and type."""
        self.step += 1
        return _tensor(self.seed, self.step, self.n, x.dtype).to(x.device)
