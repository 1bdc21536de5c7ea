"""A LoRA beside a base model: read by diffusers, checked, and added to the weights that it is for.

W becomes W + scale (alpha / rank) B A, module by module (Hu et al. 2021, Eq. 3), as `fuse_lora` does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ays_toy import serving
from ays_toy.checks import expanded, is_file, is_folder, quoted, real_number
from ays_toy.images.pipelines.folders import first_line
from ays_toy.images.pipelines.parts import check_file

IN_FOLDER = "pytorch_lora_weights.safetensors"  # how diffusers names the file in a folder
MOST_SCALE = 10.0
PARTS = ("unet", "transformer", "text_encoder", "text_encoder_2")  # that a LoRA can be for
DOWN, UP = ".lora_A.weight", ".lora_B.weight"


@dataclass(frozen=True)
class Lora:
    """A file of a LoRA, and how much of it is added."""

    file: Path
    scale: float = 1.0


def find(path: str | Path, scale: float = 1.0) -> Lora:
    """A LoRA by its file, or by the folder that holds it; ValueError where it is none that can be read."""
    serving.current().check_path()
    file = expanded(path)
    if is_folder(file):
        file = file / IN_FOLDER
    if file.suffix != ".safetensors" or not is_file(file):
        named = str(file) if str(file).isprintable() else quoted(str(file))
        raise ValueError(f"There is no LoRA {named}: give a .safetensors file, or the folder of one.")
    with check_file(file) as opened:
        if strange := next((key for key in opened.keys() if "dora_scale" in key), None):  # noqa: SIM118 -- no dict
            raise ValueError(f"{file} is a DoRA, by its {quoted(strange)}, and only a plain LoRA is read.")
    return Lora(file, real_number(scale, "The scale of the LoRA", -MOST_SCALE, MOST_SCALE))


def add(pipeline: Any, lora: Lora) -> None:
    """Add a LoRA to the networks of a pipeline; ValueError where it is for another, or of a kind that is not read."""
    if not hasattr(pipeline, "lora_state_dict"):
        raise ValueError(f"diffusers loads no LoRA into a {type(pipeline).__name__}: leave it out.")
    state, alphas = _read(pipeline, lora.file)
    strange = next((key for key in state if key.split(".")[0] not in PARTS), None)
    if strange is not None:
        raise ValueError(f"{lora.file} is no LoRA that is read: {quoted(strange)} is of no part of a model.")
    weighted = _weighted(state, alphas)
    for part in PARTS:
        found = {key.removeprefix(f"{part}."): value for key, value in weighted.items() if key.startswith(f"{part}.")}
        if not found:
            continue
        network = getattr(pipeline, part, None)
        if network is None:
            raise ValueError(f"{lora.file} is for a {part}, which this model does not have.")
        _merge(network, _renamed(part, found, lora.file), lora)


def _read(pipeline: Any, file: Path) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    """The matrices by the names that diffusers has for their modules, and alphas by those same names."""
    network = getattr(pipeline, "unet", None)
    known = {} if network is None else {"unet_config": network.config}
    where = {"weight_name": file.name, "use_safetensors": True, "local_files_only": True}
    asked = {"return_lora_metadata": True, "return_alphas": True}  # the second is Flux's alone
    try:
        state, *others = pipeline.lora_state_dict(str(file.parent), **where, **known, **asked)
    except Exception as error:  # what converts the names of other trainers fails in every way
        raise ValueError(f"{file} cannot be read as a LoRA for this model: {first_line(error)}") from error
    told = others[-1] or {}
    if any(told.get(f"{part}.{what}") for part in PARTS for what in ("alpha_pattern", "use_rslora", "use_dora")):
        raise ValueError(f"{file} is not a plain LoRA, of one alpha for all: not supported.")
    alphas = dict(others[0] or {}) if len(others) > 1 else {}
    for part in PARTS:
        if (alpha := told.get(f"{part}.lora_alpha")) is not None:
            alphas |= {_stem(key): alpha for key in state if key.startswith(f"{part}.") and _is_down(key)}
    if unknown := set(alphas) - {_stem(key) for key in state}:
        raise ValueError(f"{file} is no LoRA that is read: {quoted(min(unknown))} belongs to none of its matrices.")
    return state, alphas


def _is_down(key: str) -> bool:
    return key.endswith((DOWN, ".down.weight"))


def _stem(key: str) -> str:
    """The name of a module's alpha, as diffusers makes it of that of its first matrix."""
    return key.split(".lora.")[0].removesuffix(DOWN) + ".alpha"


def _weighted(state: Mapping[str, torch.Tensor], alphas: Mapping[str, float]) -> dict[str, torch.Tensor]:
    """The matrices, the first ones A times alpha / rank; alpha is the rank where nothing is said."""
    found = {}
    for key, matrix in state.items():
        rank = matrix.shape[0]
        found[key] = matrix.float() * (float(alphas.get(_stem(key), rank)) / rank) if _is_down(key) else matrix.float()
    return found


def _renamed(part: str, state: dict[str, torch.Tensor], file: Path) -> dict[str, torch.Tensor]:
    """The same by the modules' own names: M.lora_A.weight and M.lora_B.weight."""
    from diffusers.utils import (
        convert_state_dict_to_diffusers,
        convert_state_dict_to_peft,
        convert_unet_state_dict_to_peft,
    )

    if not part.startswith("text_encoder"):
        return convert_unet_state_dict_to_peft(state)
    try:
        return convert_state_dict_to_peft(convert_state_dict_to_diffusers(state))
    except ValueError as error:
        raise ValueError(f"The {part} of {file} cannot be read as a LoRA: {first_line(error)}") from None


@torch.no_grad()
def _merge(network: torch.nn.Module, state: Mapping[str, torch.Tensor], lora: Lora) -> None:
    modules = dict(network.named_modules())
    for key, first in state.items():
        name = key.removesuffix(DOWN)
        if not key.endswith((DOWN, UP)) or (key.removesuffix(UP) + DOWN not in state and name == key):
            raise ValueError(f"{lora.file} is not a plain LoRA: {quoted(key)} is no part of one that is read.")
        if name == key:
            continue
        module = modules.get(name) or modules.get(name.removeprefix("text_model."))  # some classes have it, some not
        second, weight = state.get(name + UP), getattr(module, "weight", None)
        if second is None or weight is None:
            raise ValueError(f"{lora.file} does not fit this model, which has no {quoted(name)}.")
        change = second.flatten(1) @ first.flatten(1)
        if change.numel() != weight.numel() or not change.isfinite().all():
            raise ValueError(f"{lora.file} does not fit this model: {quoted(name)} has another size, or no numbers.")
        weight.copy_(weight.float() + lora.scale * change.reshape(weight.shape).to(weight.device))
