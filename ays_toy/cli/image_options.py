"""What the commands of image models share: their options, and the model that these describe."""

from pathlib import Path
from typing import Annotated

import typer

from ays_toy import images
from ays_toy.images.pipelines.conditioning import prompts_from
from ays_toy.images.pipelines.models import ImageModel

Name = Annotated[
    str,
    typer.Argument(
        help="digits, handwritten, a folder in diffusers' format, a .safetensors file, or a name on the hub."
    ),
]
Folder = Annotated[
    Path | None, typer.Option("--data", help="A folder of images; else the model's data or own samples.")
]
Prompts = Annotated[Path | None, typer.Option(help="Prompts of a text-to-image model, one a line.")]
Labels = Annotated[list[int] | None, typer.Option("--label", help="A class to draw, by number; may be repeated.")]
Guidance = Annotated[float | None, typer.Option(help="Scale of the guidance by prompts or labels.")]
Lora = Annotated[Path | None, typer.Option(help="A LoRA for the model, a .safetensors file or the folder of one.")]
LoraScale = Annotated[float, typer.Option(help="How much of the LoRA is added.")]
Samples = Annotated[int, typer.Option(help="Samples behind every figure in the table.")]
Paths = Annotated[int, typer.Option(help="Coupled paths behind the matrix.")]
Batch = Annotated[int, typer.Option(help="Paths that are collected, and written down, at a time.")]
Levels = Annotated[int, typer.Option(help="Noise levels of the matrix.")]
Strength = Annotated[
    float | None,
    typer.Option(help="Image to image: how much of an image is drawn anew, as in diffusers; ComfyUI's denoise."),
]
Start = Annotated[
    float | None, typer.Option("--sigma-start", help="Begin at this noise level, from images with noise on them.")
]
End = Annotated[
    float | None, typer.Option("--sigma-end", help="End at this noise level, where another model (a refiner) goes on.")
]
Seed = Annotated[int, typer.Option(help="Seed of images and noise.")]


def load(
    name: str,
    prompts: Path | None,
    labels: list[int] | None,
    guidance: float | None,
    lora: Path | None = None,
    lora_scale: float = 1.0,
    device: str | None = None,
) -> ImageModel:
    """The model as the options describe it."""
    lines = None if prompts is None else prompts_from(prompts)
    return images.load(
        name,
        prompts=lines,
        labels=labels or None,
        guidance=guidance,
        device=device,
        lora=lora,
        lora_scale=lora_scale,
    )
