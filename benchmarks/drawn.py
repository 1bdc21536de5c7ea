"""What a bundled model of digits draws: `python -m benchmarks.drawn handwritten --guidance 1 --guidance 2`.

A hundred samples as one picture for each guidance, in ten columns, one for each digit where the model can be told; and
how near samples are to the images it was trained on, beside as many that were held out. With a GPU a minute, else ten.
"""

from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from rich.console import Console
from rich.table import Table

from ays_toy import images, seeds
from ays_toy.images import classifier, compared, labeled, sampling
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.scores import Judge

SHOWN, COLUMNS, SIDE = 100, 10, 56  # images in the picture and in a row of it, and pixels of each
FIGURES = ("frechet", "frechet-pixels")


def sheet(model: ImageModel, x0: torch.Tensor) -> Image.Image:
    """Images x0 [N, C, H, W] row after row, each pixel a square."""
    pictures = compared.pictures(model, x0)
    rows = [np.concatenate(list(row), axis=1) for row in pictures.reshape(-1, COLUMNS, *pictures.shape[1:])]
    whole = Image.fromarray(np.concatenate(rows))
    scale = max(1, SIDE // pictures.shape[2])
    return whole.resize((whole.width * scale, whole.height * scale), Image.Resampling.NEAREST)


def main(
    name: Annotated[str, typer.Argument(help="digits or handwritten.")] = "handwritten",
    guidance: Annotated[list[float] | None, typer.Option(help="Scales of guidance, one after the other.")] = None,
    steps: Annotated[int, typer.Option(help="Steps of DPM-Solver++(2M).")] = sampling.MANY_STEPS,
    samples: Annotated[int, typer.Option(help="Samples behind every figure, a hundred or more.")] = 1500,
    folder: Annotated[Path, typer.Option(help="Where the pictures go.")] = Path("."),
) -> None:
    """Draw a hundred samples, and measure more of them."""
    unseen, kinds = (part[:samples] for part in labeled.data(name, "test"))
    scales: list[float | None] = list(guidance) if guidance else [None]
    table = Table("what", "samples", *FIGURES, "read rightly")
    for row, scale in enumerate(scales):
        model = images.load(name, guidance=scale)
        judge = Judge(model)
        drawn = sampling.many_steps(model, seeds.IMAGE_REPORT, max(samples, SHOWN), steps)
        title = name if scale is None else f"{name}, guidance {scale:g}"
        sheet(model, drawn[:SHOWN]).save(folder / f"{title.replace(', guidance ', '-')}.png")
        wanted = sampling.told(model, len(drawn)) if model.labels else None
        for what, shown, meant in [(title, drawn, wanted), *([("held out", unseen, kinds)] if not row else [])]:
            figures = [str(judge.measure(shown, figure, seeds.IMAGE_REPORT)) for figure in FIGURES]
            read = "" if meant is None else f"{classifier.read_rightly(name, shown, meant).value:.1%}"
            table.add_row(what, f"{len(shown):,}", *figures, read)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
