"""The parts of a model's folder: which files hold their weights, and each loaded by its own class, whole."""

import importlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

POINTER = b"version https://git-lfs"  # what stands in a file's place until git-lfs has fetched it
NAMES = re.compile(r"(?:diffusion_pytorch_)?model(?P<more>[\w.-]*)\.safetensors")
SHARD = re.compile(r"-\d+-of-\d+")
PREFERRED = ("fp16", "bf16")  # of weights of which there are several variants and no plain ones


def variant(files: Iterable[str]) -> str | None:
    """Which of a part's weights to load, by their files' names: None for plain ones, else "fp16", "bf16" or another."""
    found = {SHARD.sub("", match["more"]).removeprefix(".") for match in map(NAMES.fullmatch, files) if match}
    return None if "" in found or not found else next((one for one in PREFERRED if one in found), min(found))


def variant_of_all(files: Iterable[str]) -> str | None:
    """The variant that a model's parts have who have no plain weights; None where all have them."""
    by_part: dict[str, list[str]] = {}
    for file in files:
        part, _, name = file.rpartition("/")
        by_part.setdefault(part, []).append(name)
    return next((one for one in map(variant, by_part.values()) if one), None)


def check_weights(folder: Path, name: str) -> str | None:
    """The variant of a part's weights that can be loaded; None for plain ones.

    Raises ValueError for weights that are pickled only, damaged, or not there, or but as a pointer of git-lfs.
    """
    safe = sorted(folder.glob("*.safetensors"))
    pickled = [file.name for pattern in ("*.bin", "*.ckpt", "*.pt", "*.pth") for file in folder.glob(pattern)]
    if pickled and not safe:
        raise ValueError(
            f"The {name} in {folder} has its weights only in {pickled[0]}, a pickle, which could run code: "
            "convert it to safetensors, or choose a model that has them."
        )
    named = [file for file in safe if NAMES.fullmatch(file.name)]
    there = [file for file in named if not is_pointer(file)]
    if not there:
        missing = f"The {name} in {folder} has no weights: the model's folder is not complete."
        raise ValueError(pointer(named[0]) if named else missing)
    chosen = variant(file.name for file in there)
    for file in there:
        if variant([file.name]) == chosen:
            with check_file(file):
                pass
    return chosen


def is_pointer(file: Path) -> bool:
    """Whether a file is a pointer of git-lfs."""
    with file.open("rb") as opened:
        return opened.read(len(POINTER)) == POINTER


def pointer(file: Path) -> str:
    """What to do about a pointer of git-lfs."""
    return f"{file} is a pointer of git-lfs, not the file itself: run “git lfs pull” in its folder."


def check_file(file: Path) -> Any:
    """A file of safetensors, opened; ValueError where it is cut short, empty, or something else; reads the header."""
    try:
        return safe_open(file, framework="pt")
    except (SafetensorError, OSError) as error:
        what = "is empty" if not file.stat().st_size else f"cannot be read as safetensors ({error})"
        raise ValueError(f"{file} {what}: download it again.") from None


def load(folder: Path, name: str, library: str, kind: str, chosen: str | None, dtype: torch.dtype) -> Any:
    """A part's network in its class, frozen; ValueError where its file lacks weights, or holds them in other shapes.

    Else these would be drawn at random, with no more than a line in a log.
    """
    from diffusers.utils import is_accelerate_available

    options: dict[str, Any] = {"low_cpu_mem_usage": is_accelerate_available()}  # else diffusers asks for it in the log
    if library == "transformers":
        options = {"ignore_mismatched_sizes": True}  # they are looked at below
    network, info = getattr(importlib.import_module(library), kind).from_pretrained(
        folder,
        dtype=dtype,
        variant=chosen,
        use_safetensors=True,
        local_files_only=True,
        output_loading_info=True,
        **options,
    )
    check_keys(name, info["missing_keys"])
    if wrong := sorted(str(key[0] if isinstance(key, tuple) else key) for key in info["mismatched_keys"]):
        raise ValueError(f"The weights of its {name} have other shapes than its config.json says, {_first(wrong)}.")
    return network.requires_grad_(False).eval()


def check_keys(name: str, missing: Iterable[str]) -> None:
    """ValueError where weights of a part are missing."""
    if lacking := sorted(missing):
        raise ValueError(f"The weights of its {name} lack {_first(lacking)}: download them again.")


def _first(keys: list[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
