"""The lines of a program for diffusers whose loop is written out: networks without prompts, of pixels or of latents.

UNets have no pipeline that takes classes, and DiT's takes no levels.
"""

from pathlib import Path

import torch

from ays_toy.exchange import handing_on, picture
from ays_toy.exchange.export import ends_early
from ays_toy.images.pipelines.models import ImageModel, Origin
from ays_toy.sampling.counterparts import Scheduler

PACKAGE = Path(__file__).parents[1]


def drawn(
    model: ImageModel, origin: Origin, scheduler: Scheduler, numbers: str, made: list[str], stochastic: bool
) -> list[str]:
    """Images without prompts: the loop is written out. It computes in single precision, whatever the network's own."""
    channels, height, width = model.shape
    count, prepared, call = _classes(model, channels)
    kind, *loaded = _network(model, origin)
    cast, back = ("", "") if model.dtype is torch.float32 else (f".to({model.dtype})", ".float()")
    coded = model.decode is not None and not ends_early(model)
    images = "pixels" if coded else "x"
    return [
        *picture.imports(model),
        *imports(origin, scheduler, kind),
        *picture.opening(model),
        "",
        numbers,
        *made,
        f"scheduler.set_timesteps({scheduler.takes}={scheduler.takes})",
        *loaded,
        'noise = torch.Generator("cpu").manual_seed(0)',
        *prepared,
        f'x = torch.randn({count}, {channels}, {height}, {width}, generator=noise).to("{model.device}")',
        *(picture.noised(model) or ["x = x * scheduler.init_noise_sigma"]),
        "with torch.no_grad():",
        f"    for t in {handing_on.loop(model)}:",
        f"        scaled = scheduler.scale_model_input(x, t){cast}",
        *(f"        {line}{back}" for line in call),
        f"        x = scheduler.step(out, t, x{', generator=noise' if stochastic else ''}).prev_sample",
        *(["    pixels = pipe.vae.decode(x / pipe.vae.config.scaling_factor).sample"] if coded else []),
        "latents = x" if ends_early(model) else f"images = {images}.clamp(-1, 1)  # [{count}, channels, height, width]",
    ]


def _network(model: ImageModel, origin: Origin) -> list[str]:
    """The class that a network without prompts is loaded by, and the lines that do."""
    if model.decode is None:
        within = "" if origin.pipeline is None else ", subfolder='unet'"
        loaded = f"unet = UNet2DModel.from_pretrained({place(origin)}{within}, {stored(model, origin)})"
        return ["UNet2DModel", loaded, f'unet.to("{model.device}")']
    assert origin.pipeline is not None
    loaded = f"pipe = {origin.pipeline}.from_pretrained({place(origin)}, {stored(model, origin)})"
    half = [] if model.dtype is torch.float32 else ["pipe.vae.float()"]
    return [origin.pipeline, loaded, f'pipe.to("{model.device}")', *half]


def _classes(model: ImageModel, channels: int) -> tuple[int, list[str], list[str]]:
    """How many images are drawn, the lines that say of what, and those that call the network."""
    network, out = "unet(scaled, t", f".sample[:, :{channels}]"
    last = "unet.config.num_class_embeds - 1"
    if model.decode is not None:  # DiT's
        network, last = (
            "pipe.transformer(scaled, timestep=t.expand(len(x)).to(x.device)",
            "pipe.transformer.config.num_embeds_ada_norm",
        )
    if not model.labels:
        return 4, [], [f"out = {network}){out}"]
    prepared = [f'labels = torch.tensor({list(model.labels)}, device="{model.device}")']
    call = [f"out = {network}, class_labels=labels){out}"]
    if model.guidance is not None and model.guidance > 1:
        prepared.append(f"untold = torch.full_like(labels, {last})  # the class of no label")
        call.append(f"free = {network}, class_labels=untold){out}")
        call.append(f"out = free + {model.guidance:g} * (out - free)")
    return len(model.labels), prepared, call


def imports(origin: Origin, scheduler: Scheduler, kind: str) -> list[str]:
    """What a program takes: of diffusers the class that draws, its scheduler's, and that of the noise it was for."""
    assert origin.scheduler is not None
    trained = {origin.scheduler.name} if scheduler.process == "vp" else set()
    return [
        *(["from importlib.resources import files"] if _ships(origin) else []),
        "import torch",
        f"from diffusers import {', '.join(sorted({scheduler.imported, kind} | trained))}",
    ]


def _ships(origin: Origin) -> bool:
    """Whether a model comes with this project."""
    return PACKAGE in Path(origin.source).parents


def place(origin: Origin) -> str:
    """Where a model lies, as Python says it: what comes with this project lies where that is, on whatever machine."""
    if not _ships(origin):
        return repr(origin.source)
    return f"files({PACKAGE.name!r}) / {Path(origin.source).relative_to(PACKAGE).as_posix()!r}"


def stored(model: ImageModel, origin: Origin) -> str:
    """How weights are read: the arguments of from_pretrained."""
    variant = "" if origin.variant is None else f", variant={origin.variant!r}"
    return f"dtype={model.dtype}, use_safetensors=True{variant}"
