"""Models that a user trained, by name, on disk: bounded, written whole, a damaged one set aside and not fatal."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ays_toy import checkpoints
from ays_toy.networks import MLPDenoiser
from ays_toy.training import TrainingConfig, Weights

MAX_MODELS, MAX_BYTES, MAX_NAME = 50, 64 * 2**20, 40
SUFFIX = ".safetensors"


@dataclass(frozen=True)
class Saved:
    """One saved model: its name, size in bytes and when it was written (seconds since 1970)."""

    name: str
    size: int
    written: float


class ModelStore:
    """A folder of trained models, by default the user's own data folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(platformdirs.user_data_dir("ays-explorer")) / "models"

    def list(self) -> list[Saved]:
        """All saved models, the newest first."""
        found = [(path, path.stat()) for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
        models = [Saved(path.stem, stat.st_size, stat.st_mtime) for path, stat in found]
        return sorted(models, key=lambda model: (-model.written, model.name))

    def save(self, name: str, weights: Weights, config: TrainingConfig, **about: Any) -> None:
        """Keep a model under a name, in place of one of that name.

        Raises ValueError for an unusable name, or where the store would grow beyond 50 models or 64 MiB.
        """
        path = self._path(name)
        others = [model for model in self.list() if model.name != name]
        size = sum(value.numel() * value.element_size() for value in weights.values())
        if len(others) >= MAX_MODELS:
            raise ValueError(f"There are {len(others)} saved models, the most that are kept: delete one first.")
        if size + sum(model.size for model in others) > MAX_BYTES:
            raise ValueError(f"Saved models may take {MAX_BYTES >> 20} MiB together: delete one first.")
        checkpoints.save(path, weights, config, **about)

    def load(self, name: str, device: str = "cpu") -> tuple[MLPDenoiser, TrainingConfig, dict[str, Any]]:
        """The denoiser of that name, its configuration and notes; ValueError where there is none.

        A damaged file is renamed out of the list before the ValueError says so: the others stay usable.
        """
        path = self._path(name)
        if not path.exists():
            raise ValueError(f"There is no saved model {name!r}: choose another, or train it anew.")
        try:
            return checkpoints.load(path, device)
        except ValueError as error:
            aside = path.with_suffix(f".damaged-{time.time_ns()}")
            path.replace(aside)
            raise ValueError(f"The saved model {name!r} is damaged and was set aside: train it anew.") from error

    def delete(self, name: str) -> None:
        """Remove a saved model; nothing happens where there is none of that name."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        if not isinstance(name, str) or not re.fullmatch(rf"[A-Za-z0-9][A-Za-z0-9 _-]{{0,{MAX_NAME - 1}}}", name):
            raise ValueError(
                f"A model's name must be 1 to {MAX_NAME} letters, digits, spaces, - or _, a letter or digit first."
            )
        return self.folder / f"{name}{SUFFIX}"
