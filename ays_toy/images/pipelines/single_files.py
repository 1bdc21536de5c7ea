"""A model whose weights are all in one file, under the names that its authors' own code gave them.

Such a file says nothing of how its parts are made: that is read from the model of the hub that diffusers takes for it.
"""

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from ays_toy.images.pipelines.parts import check_file, check_keys

# The kinds of a single file that are read, as diffusers calls them, and a name that every such file has in it.
KINDS = {"v1": "cond_stage_model", "v2": "cond_stage_model", "xl_base": "conditioner", "playground-v2-5": "conditioner"}
NETWORK, DECODER = "model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.decoder.conv_in.weight"


def configuration(file: Path) -> str:
    """The hub model whose configuration belongs to a file; ValueError for files that are read no further than this.

    Only the header is read, with the names and shapes of all weights: a file that is cut short does not pass, nor does
    a pickle, a LoRA, or a network without the rest.
    """
    from diffusers.loaders.single_file_utils import DIFFUSERS_DEFAULT_PIPELINE_PATHS, infer_diffusers_model_type

    if file.suffix != ".safetensors":
        raise ValueError(f"{file} is a file: give one in .safetensors, or the folder of a diffusers model.")
    with check_file(file) as opened:
        shapes = {key: SimpleNamespace(shape=opened.get_slice(key).get_shape()) for key in opened.keys()}  # noqa: SIM118
    if any("lora" in key for key in shapes):
        raise ValueError(f"{file} is a LoRA: load the model that it was trained for, and give this file as its LoRA.")
    kind = infer_diffusers_model_type(shapes) if NETWORK in shapes else None
    whole = DECODER in shapes and any(key.startswith(KINDS.get(str(kind), "/")) for key in shapes)
    if not whole:
        raise ValueError(
            f"{file} is not a whole Stable Diffusion 1, 2 or XL, with autoencoder and text encoder: give one, or the "
            "folder of a diffusers model."
        )
    return str(DIFFUSERS_DEFAULT_PIPELINE_PATHS[kind]["pretrained_model_name_or_path"])


def load(file: Path, config: Path, name: str, library: str, kind: str, dtype: torch.dtype) -> Any:
    """A part's network from the file, frozen, by its configuration; ValueError where the file lacks some of it."""
    from diffusers.loaders.single_file_utils import create_diffusers_clip_model_from_ldm
    from safetensors.torch import load_file

    lacking: list[str] = []

    class Watched(getattr(importlib.import_module(library), kind)):  # type: ignore[misc]
        """The same, which says what is not in the file, and would be drawn at random."""

        def load_state_dict(self, *arguments: Any, **options: Any) -> Any:
            answer = super().load_state_dict(*arguments, **options)
            lacking.extend(answer.missing_keys)
            return answer

    Watched.__name__ = kind  # by which it is called in logs
    weights, where = load_file(file), {"config": str(config), "subfolder": name, "local_files_only": True}
    if library == "transformers":
        network = create_diffusers_clip_model_from_ldm(Watched, weights, torch_dtype=dtype, **where)
    else:
        network = Watched.from_single_file(weights, torch_dtype=dtype, **where)
    lacking += [key for key, value in network.state_dict().items() if value.is_meta]
    check_keys(name, lacking)
    network.__class__ = Watched.__base__
    return network.requires_grad_(False).eval()
