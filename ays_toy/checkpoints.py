"""Trained denoisers on disk: safetensors with the configuration in the header, and the pretrained ones we ship."""

import json
import os
import uuid
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ays_toy.checks import lookup
from ays_toy.datasets import DATASETS
from ays_toy.networks import MLPDenoiser, NetworkConfig
from ays_toy.training import TrainingConfig, Weights, denoiser_from

PRETRAINED = Path(__file__).parent / "weights"


def save(
    path: Path, weights: Weights, config: TrainingConfig, *, dtype: torch.dtype = torch.float32, **about: Any
) -> None:
    """Write weights and configuration to one file, whole or not at all; `about` is kept beside the configuration."""
    tensors = {name: value.detach().to("cpu", dtype).contiguous() for name, value in weights.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")  # in the same folder, so that the rename is atomic
    try:
        save_file(tensors, temporary, metadata={"config": json.dumps(asdict(config)), "about": json.dumps(about)})
        temporary.chmod(0o644)  # safetensors writes for the owner alone
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def load(path: Path, device: str | torch.device = "cpu") -> tuple[MLPDenoiser, TrainingConfig, dict[str, Any]]:
    """Read a frozen denoiser, its configuration and its notes; ValueError for a missing or broken file."""
    try:
        with safe_open(path, framework="pt", device=str(device)) as file:
            header = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
        values = json.loads(header["config"])
        config = TrainingConfig(**{**values, "network": NetworkConfig(**values["network"])})
        return denoiser_from(weights, config.network, device), config, json.loads(header.get("about", "{}"))
    except FileNotFoundError:
        raise ValueError(f"There is no saved model at {path.name}: choose another, or train it anew.") from None
    except (SafetensorError, OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"The saved model {path.name} is damaged: delete it and train it anew.") from error


@lru_cache(maxsize=32)
def pretrained(name: str, device: str = "cpu") -> MLPDenoiser:
    """The shipped MLP denoiser of a preset data set (made by `python -m ays_toy pretrain`), frozen."""
    lookup(DATASETS, name, "data set")
    return load(PRETRAINED / f"{name}.safetensors", device)[0]
