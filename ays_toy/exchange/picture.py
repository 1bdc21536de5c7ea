"""The lines of a program for diffusers that begins from a picture, with noise of the schedule's first level on it.

Its pipelines take a strength and leave out the first steps. Here the list holds what is gone through, and no more, so
that the strength is 1 and the first level says how much noise there is.
"""

from ays_toy.images.pipelines.models import ImageModel

IMG2IMG = {
    "StableDiffusionPipeline": "StableDiffusionImg2ImgPipeline",
    "StableDiffusionXLPipeline": "StableDiffusionXLImg2ImgPipeline",
    "StableDiffusion3Pipeline": "StableDiffusion3Img2ImgPipeline",
    "FluxPipeline": "FluxImg2ImgPipeline",
}
OF_THE_PICTURE = ("StableDiffusionImg2ImgPipeline", "StableDiffusionXLImg2ImgPipeline")  # whose size is the picture's
FILE = "picture.png"
MODES = {1: "L", 3: "RGB"}  # of Pillow, by channels


def begins(model: ImageModel) -> bool:
    """Whether a model's sampling begins from pictures with noise on them."""
    return model.part is not None and model.part.starts is not None


def pipeline(model: ImageModel, name: str) -> str:
    """The class that draws: diffusers' own for image to image where the model begins from pictures."""
    return IMG2IMG[name] if begins(model) else name


def takes_size(name: str) -> bool:
    """Whether that pipeline is told a height and a width."""
    return name not in OF_THE_PICTURE


def imports(model: ImageModel) -> list[str]:
    """What comes before torch."""
    return ["import numpy as np"] if begins(model) else []


def opening(model: ImageModel) -> list[str]:
    """Open the picture, cropped by nobody: it is stretched to the model's size. ValueError for odd channels."""
    if not begins(model):
        return []
    channels, height, width = _pixels(model)
    if channels not in MODES:
        raise ValueError(f"A picture has 1 or 3 channels and this model's have {channels}: take another form.")
    mode = MODES[channels]
    return [
        "from PIL import Image",
        "",
        f"picture = Image.open({FILE!r}).convert({mode!r}).resize(({width}, {height}))  # yours",
    ]


def _pixels(model: ImageModel) -> tuple[int, int, int]:
    """Channels, height and width of a picture."""
    return model.shape if model.pixels is None else (3, *model.pixels)


def noised(model: ImageModel) -> list[str]:
    """Where a loop of one's own begins, in place of noise alone."""
    if not begins(model):
        return []
    channels, height, width = _pixels(model)
    coded = "pipe.vae.encode(pixels).latent_dist.mode() * pipe.vae.config.scaling_factor"
    return [
        f"pixels = torch.tensor(np.asarray(picture) / 127.5 - 1).float().reshape({height}, {width}, {channels})",
        "pixels = pixels.permute(2, 0, 1)[None].to(x.device)",
        "with torch.no_grad():",
        f"    start = ({'pixels' if model.decode is None else coded}).expand(x.shape)",
        "x = scheduler.add_noise(start, x, scheduler.timesteps[:1].repeat(len(x)).to(x.device))",
    ]


def given(model: ImageModel) -> list[str]:
    """What a pipeline's call takes besides."""
    if not begins(model):
        return []
    return ["    image=[picture] * len(prompts), strength=1.0,  # the list begins where the picture is noised to"]
