"""Speed of the library on this machine: `python -m benchmarks.speed [--device cuda] [--json FILE]`.

Every figure is the median of several runs in one process; what is a fraction of something is measured beside it. What
the library does on one thread is measured on all of them, too.
"""

import json
import logging
import platform
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from unittest.mock import patch

import torch
import typer
from rich.console import Console
from rich.table import Table
from streamlit.testing.v1 import AppTest

from ays_toy import metrics, optimize, threads
from ays_toy.data import datasets
from ays_toy.models import checkpoints
from ays_toy.models.networks import NOISE_FREQUENCIES, MLPDenoiser
from ays_toy.models.training import TrainingConfig, train
from ays_toy.pricing.paths import PathGram
from ays_toy.sampling import samplers, schedules
from benchmarks import refining

PATHS, LEVELS, SAMPLES, STEPS = 4096, 128, 20_000, 10
DATA = "grid-8x8"
CHANGES = 7  # on the Explore page
Row = tuple[str, float, str]


def seconds(work: Callable[[], Any], device: str, runs: int = 5) -> float:
    """Median wall time of `work` over several runs, after one that is not counted."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        work()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def bare_products(net: MLPDenoiser, rows: int, device: str) -> Callable[[], None]:
    """The matrix products of one PathGram pass through the network, and nothing else."""
    weights = [weight.detach().T for name, weight in net.named_parameters() if name.endswith("weight")]
    weights = [weight for weight in weights if weight.shape[0] != 2 * NOISE_FREQUENCIES]
    inputs = [torch.randn(rows, w.shape[0], device=device, generator=torch.Generator(device)) for w in weights]
    outputs = [torch.empty(rows, w.shape[1], device=device) for w in weights]

    def work() -> None:
        for _ in range(PATHS // rows * LEVELS):
            for x, w, out in zip(inputs, weights, outputs, strict=True):
                torch.mm(x, w, out=out)

    return work


def small_work(device: str) -> list[tuple[str, Callable[[], float], str]]:
    """What is done with small tensors, and how it is measured: training, sampling and metrics."""
    dataset, exact, net = datasets.get(DATA), datasets.get(DATA).denoiser(), checkpoints.pretrained(DATA, device)
    samples = samplers.draw_samples(exact, schedules.edm(STEPS), "ddim", 2, SAMPLES)
    reference = metrics.Reference.of(dataset, 0.002, n=SAMPLES, generator=torch.Generator().manual_seed(3))

    def training(looks: int, steps: int = 300) -> float:
        def work() -> None:
            for snapshot in train(dataset, TrainingConfig(steps=steps), device=device, every=steps // max(1, looks)):
                if looks:
                    snapshot.excess  # noqa: B018 (measured when it is asked for)

        return steps / seconds(work, device, 1)

    def sampling(denoiser: Any) -> float:
        return SAMPLES / seconds(
            lambda: samplers.draw_samples(denoiser, schedules.edm(STEPS), "dpmpp-2m", 2, SAMPLES, device), device, 3
        )

    return [
        ("Training, batch 512, 3 × 128", lambda: training(0), "steps/s"),
        ("Training with its excess error every 100 steps", lambda: training(3), "steps/s"),
        (f"Sampling, {STEPS} steps, exact 64 modes", lambda: sampling(exact), "samples/s"),
        (f"Sampling, {STEPS} steps, MLP", lambda: sampling(net), "samples/s"),
        (
            f"Default metrics of {SAMPLES:,} samples",
            lambda: seconds(lambda: metrics.evaluate(samples, reference), device),
            "s",
        ),
    ]


def by_threads(device: str) -> list[Row]:
    """Small work on one thread, as the library does it, and right after it on all there are."""
    rows: list[Row] = []
    for what, measured, unit in small_work(device):
        rows.append((f"{what}, one thread", measured(), unit))
        with patch.object(threads, "SMALL", -1):
            rows.append((f"  all {torch.get_num_threads()} threads", measured(), unit))
    return rows


def explore_changes() -> float:
    """Median CPU seconds of a change on Explore: other data, solver, number of steps and noise, all at random."""
    logging.disable(logging.WARNING)  # that there is no server
    page = AppTest.from_file(str(Path(__file__).parent.parent / "pages" / "explore.py"), default_timeout=600).run()
    chance, spent = random.Random(0), []
    for _ in range(CHANGES):
        page.session_state["data"] = chance.choice(list(datasets.DATASETS))
        page.session_state["solver"] = chance.choice(list(samplers.SOLVERS))
        page.session_state["steps"] = chance.randint(5, 20)
        page.session_state["seed"] = chance.randint(1, 50)
        began = time.process_time()
        page.run()
        spent.append(time.process_time() - began)
        assert not page.exception
    return statistics.median(spent)


def measure(device: str) -> list[Row]:
    """All figures as (what, value, unit)."""
    dataset, exact = datasets.get(DATA), datasets.get(DATA).denoiser()
    net = checkpoints.pretrained(DATA, device)
    x0 = dataset.sample(PATHS, torch.Generator(device).manual_seed(0))
    grid = schedules.logsnr(LEVELS - 1)

    def collect(denoiser: Any) -> PathGram:
        return PathGram.collect(denoiser, x0, grid, generator=torch.Generator(device).manual_seed(1))

    rows: list[Row] = []
    through_net = seconds(lambda: collect(net), device)
    products = seconds(bare_products(net, 1024, device), device)
    rows.append((f"PathGram, {PATHS} paths × {LEVELS} levels, MLP", through_net, "s"))
    rows.append(("  the same matrix products alone, in torch", products, "s"))
    rows.append(("  share of their speed reached", products / through_net, "×"))
    rows.append(
        (f"PathGram, {PATHS} paths × {LEVELS} levels, exact 64 modes", seconds(lambda: collect(exact), device), "s")
    )

    fine = PathGram.collect(exact, x0[:1024], schedules.logsnr(255), generator=torch.Generator(device).manual_seed(1))
    fine.differences  # noqa: B018 (computed once and kept: not part of the programme)
    rows.append(
        ("All optimal schedules, n ≤ 40, 256 levels", seconds(lambda: optimize.exact_schedules(fine, 40), device), "s")
    )
    rows.append(
        (
            "Refining one of 20 steps off the grid",
            seconds(lambda: optimize.off_grid(fine, schedules.logsnr(20)), device),
            "s",
        )
    )
    rows.append(("Pricing one schedule of 20 steps", seconds(lambda: fine.price(schedules.edm(20)), device, 20), "s"))

    sigmas = schedules.edm(STEPS)
    start = 80 * torch.randn(SAMPLES, 2, generator=torch.Generator(device), device=device)
    for name, solver in samplers.SOLVERS.items():
        for kind, denoiser in (("exact", exact), ("MLP", net)):

            def draw(denoiser: Any = denoiser, name: str = name) -> torch.Tensor:
                generator = torch.Generator(device).manual_seed(2)
                return samplers.sample(denoiser, start, sigmas, name, generator=generator)

            rows.append((f"{solver.title}, {STEPS} steps, {kind}", SAMPLES / seconds(draw, device, 3), "samples/s"))

    rows += refining.rows(device)
    rows += by_threads(device)
    rows.append(("One random change on Explore, of the processors", explore_changes(), "s"))
    rows.append(("Peak memory of this process", refining.peak("cpu"), "MiB"))
    return rows


def main(
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure the library's speed and print a table."""
    rows = measure(device)
    name = device if device == "cpu" else torch.cuda.get_device_name(device)
    where = f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {name}"
    table = Table("what", "value", "unit", title=where)
    for what, value, unit in rows:
        table.add_row(what, f"{value:,.4g}", unit)
    Console().print(table)
    if out:
        figures = [{"what": what.strip(), "value": value, "unit": unit} for what, value, unit in rows]
        out.write_text(json.dumps({"machine": where, "figures": figures}, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    typer.run(main)
