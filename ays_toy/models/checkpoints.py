"""Trained denoisers on disk: safetensors with the configuration in the header, and the pretrained ones we ship."""

import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ays_toy.checks import lookup
from ays_toy.data.datasets import DATASETS
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.notes import check_types
from ays_toy.models.training import TrainingConfig, Weights, denoiser_from

PRETRAINED = Path(__file__).parent / "weights"
MAX_HEADER, MAX_TENSORS = 2**20, 10_000  # bytes of a header, and tensors in a file; a long pass has one for each batch
_OS_ERROR = re.compile(r"\(os error (\d+)\)")


class DamagedError(ValueError):
    """A file that is there and can be opened, but does not hold what it should."""


def _damaged(path: Path) -> DamagedError:
    return DamagedError(f"The file {path.name} is damaged: delete it and make it anew.")


def write(path: Path, tensors: Weights, **notes: Any) -> None:
    """Write tensors and notes, which JSON can hold, to one safetensors file, whole or not at all; OSError else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")  # in the same folder, so that the rename is atomic
    try:
        save_file(tensors, temporary, metadata={name: json.dumps(value) for name, value in notes.items()})
        temporary.chmod(0o644)  # safetensors writes for the owner alone
        os.replace(temporary, path)
    except SafetensorError as error:
        raise _os_error(error) from error
    finally:
        temporary.unlink(missing_ok=True)


def _os_error(error: SafetensorError) -> OSError:
    """What safetensors says of a full disk and the like, as Python says it."""
    number = _OS_ERROR.search(str(error))
    return OSError(int(number[1]), os.strerror(int(number[1]))) if number else OSError(str(error))


@contextmanager
def _opened(path: Path, device: str | torch.device = "cpu") -> Iterator[Any]:
    """An open file whose header is of a size that can be right; no tensor is read."""
    with path.open("rb") as raw:
        if int.from_bytes(raw.read(8), "little") > MAX_HEADER:
            raise _damaged(path)
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            if len(file.keys()) > MAX_TENSORS:
                raise _damaged(path)
            yield file
    except SafetensorError as error:
        raise _damaged(path) from error


def read_notes(path: Path) -> dict[str, Any]:
    """The notes in a file's header, `about` always among them; no tensor is read.

    Raises DamagedError for a file cut short or of another kind, and OSError where it cannot be opened.
    """
    try:
        with _opened(path) as file:
            notes = {name: json.loads(text) for name, text in (file.metadata() or {}).items()}
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(notes.setdefault("about", {}), dict):
        raise _damaged(path)
    return notes


def read_tensors(path: Path, device: str | torch.device = "cpu") -> Weights:
    """All tensors of a file, finite and in single or double precision; errors are those of `read_notes`."""
    with _opened(path, device) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    tensors = {name: value if value.dtype == torch.float64 else value.float() for name, value in tensors.items()}
    if not all(value.isfinite().all() for value in tensors.values()):
        raise _damaged(path)
    return tensors


def read_config(path: Path) -> tuple[TrainingConfig, dict[str, Any]]:
    """The configuration of a saved model and what was noted about it; errors are those of `read_notes`."""
    notes = read_notes(path)
    try:
        values = notes["config"]
        config = TrainingConfig(**{**values, "network": NetworkConfig(**values["network"])})
        check_types(config)
        return config, notes["about"]
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error


def save(
    path: Path, weights: Weights, config: TrainingConfig, *, dtype: torch.dtype = torch.float32, **about: Any
) -> None:
    """Write weights and configuration to one file, whole or not at all; `about` is kept beside the configuration."""
    tensors = {name: value.detach().to("cpu", dtype).contiguous() for name, value in weights.items()}
    write(path, tensors, config=asdict(config), about=about)


def load(path: Path, device: str | torch.device = "cpu") -> tuple[MLPDenoiser, TrainingConfig, dict[str, Any]]:
    """Read a frozen denoiser, its configuration and what was noted about it; ValueError for a missing or broken file.

    Broken is a file cut short, a configuration beyond all bounds, and weights that do not fit it or are not finite.
    """
    try:
        config, about = read_config(path)
        return denoiser_from(read_tensors(path, device), config.network, device), config, about
    except FileNotFoundError:
        raise ValueError(f"There is no saved model at {path.name}: choose another, or train it anew.") from None
    except OSError as error:
        raise ValueError(f"The saved model {path.name} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # weights and configuration that do not fit each other, too
        raise DamagedError(str(error)) from error


@lru_cache(maxsize=32)
def pretrained(name: str, device: str = "cpu") -> MLPDenoiser:
    """The shipped MLP denoiser of a preset data set (made by `python -m ays_toy pretrain`), frozen."""
    lookup(DATASETS, name, "data set")
    return load(PRETRAINED / f"{name}.safetensors", device)[0]
