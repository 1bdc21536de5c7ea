"""What a refinement takes, in time and memory, by solver: of points in 2D, and of the bundled digits.

Each is measured in a process of its own, whose memory has held nothing else.
"""

import resource
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch

from ays_toy import checks, images, optimize
from ays_toy.data import datasets
from ays_toy.images import refining
from ays_toy.images.baselines import baselines
from ays_toy.images.scores import Judge
from ays_toy.sampling import schedules
from ays_toy.sampling.samplers import SOLVERS

DATA, STEPS = "grid-8x8", 10
FIGURE, IMAGES = "frechet", 1024
Taken = tuple[float, float]  # seconds, and MiB more than before


def peak(device: str) -> float:
    """The most memory that this process has had, in MiB; on a GPU, of that."""
    if device != "cpu":
        return torch.cuda.max_memory_allocated(device) / 2**20
    # ru_maxrss counts kilobytes on Linux and bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def taken(way: Iterator[object], device: str) -> Taken:
    """What going to the end of a refinement takes."""
    before, began = peak(device), time.perf_counter()
    deque(way, maxlen=1)
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began, peak(device) - before


def of_points(solver: str, device: str) -> Taken:
    """The refinement of one schedule in 2D, as the automatic choice does it in the end."""
    dataset, ends = datasets.get(DATA), (checks.SIGMA_MIN, checks.SIGMA_MAX)
    entropy = dataset.mixture.entropy(checks.SIGMA_MIN)
    points = optimize.Points(dataset.denoiser(), solver, dataset, "energy", "nll", *ends, entropy, device)
    return taken(points.descent(schedules.logsnr(STEPS), optimize.Effort(), 4), device)


def of_digits(solver: str, device: str) -> Taken:
    """One iteration of the same for the digits; all of them are alike."""
    judge = Judge(images.load("digits", device=device))
    judge.against(FIGURE)
    start = baselines(judge.model, STEPS)["time-uniform"]
    return taken(refining.descent(judge, solver, FIGURE, start, optimize.Effort(1, IMAGES), 4), device)


def rows(device: str) -> Iterator[tuple[str, float, str]]:
    """All of it as (what, value, unit)."""
    kinds = (
        (f"Refining {STEPS} steps for {{}}", of_points),
        (f"Refining {STEPS} steps for {{}}, an iteration of {IMAGES:,} digits", of_digits),
    )
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1) as alone:
        for what, measured in kinds:
            for name, solver in SOLVERS.items():
                seconds, memory = alone.submit(measured, name, device).result()
                yield what.format(solver.title), seconds, "s"
                yield "  memory more than before", memory, "MiB"
