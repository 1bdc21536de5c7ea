"""A pass over Gaussian images by as many processes as torchrun starts: see test_distributed.

torchrun … tests/torchrun_pass.py FOLDER SECONDS      what a batch takes longer than it would
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from ays_toy.data.denoisers import GaussianDenoiser
from ays_toy.images import collect, distributed
from ays_toy.images.pipelines.models import ImageModel

LEVELS, IMAGES, BATCH = 6, 64, 4


class Slow:
    """A Gaussian denoiser that takes its time."""

    def __init__(self, seconds: float) -> None:
        self.exact, self.seconds = GaussianDenoiser(0.5), seconds

    def __call__(self, x: torch.Tensor, sigma: float | torch.Tensor) -> torch.Tensor:
        """As the exact one."""
        time.sleep(self.seconds / LEVELS)
        return self.exact(x, sigma)


def model(seconds: float = 0.0) -> ImageModel:
    """Gaussian images of 2 x 3 x 3."""
    device, dtype = torch.device("cpu"), torch.float32
    range_and_std = (0.02, 20.0, 0.5)
    return ImageModel(
        "gaussian", "Gaussian", Slow(seconds), (2, 3, 3), *range_and_std, None, None, None, device, dtype, 64, "sample"
    )


def data() -> torch.Tensor:
    """The clean images."""
    return 0.5 * torch.randn(IMAGES, 2, 3, 3, generator=torch.Generator().manual_seed(0))


def main(folder: Path, seconds: float) -> None:
    """Collect, with a line in the journal for every batch that is done, and keep the matrix."""
    with distributed.joined() as team:
        journal = folder / f"journal{team.rank}"
        (folder / f"process{team.rank}").write_text(str(os.getpid()))
        grid, slow = np.geomspace(20.0, 0.02, LEVELS), model(seconds)
        for state in collect.stream(
            slow, data(), grid, batch=BATCH, checkpoint=folder / "pass.safetensors", team=team, say=print
        ):
            with journal.open("a") as file:
                file.write(f"{state.done} {state.resumed}\n")
        assert state.gram is not None
        np.save(folder / f"moments{team.rank}.npy", state.gram.moments)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(Path(sys.argv[1]), float(sys.argv[2]))
