"""Image models as `denoiser(x, sigma) -> x0`: diffusers models, and two of digits that ship with the project.

`load` takes "digits" or "handwritten", a folder in diffusers format, a single file or a hub name; `wrap` takes any
network. All coordinates are variance-exploding, x = x0 + sigma * noise, whatever process a model was trained on:
solvers, PathGram and optimizers run unchanged. diffusers itself is imported only when a model is loaded.
"""

from ays_toy.images.loading import load
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.wrapping import wrap

__all__ = ["ImageModel", "load", "wrap"]
