"""Tiny models in a single file: weights under the names that Stable Diffusion's own code has for them."""

import re
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

Weights = dict[str, torch.Tensor]
RESNET = {  # diffusers -> the original
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
UNET = {
    "conv_in.": "input_blocks.0.0.",
    "down_blocks.0.resnets.0.": "input_blocks.1.0.",
    "down_blocks.0.downsamplers.0.conv.": "input_blocks.2.0.op.",
    "down_blocks.1.resnets.0.": "input_blocks.3.0.",
    "down_blocks.1.attentions.0.": "input_blocks.3.1.",
    "mid_block.resnets.0.": "middle_block.0.",
    "mid_block.attentions.0.": "middle_block.1.",
    "mid_block.resnets.1.": "middle_block.2.",
    "up_blocks.0.resnets.0.": "output_blocks.0.0.",
    "up_blocks.0.attentions.0.": "output_blocks.0.1.",
    "up_blocks.0.resnets.1.": "output_blocks.1.0.",
    "up_blocks.0.attentions.1.": "output_blocks.1.1.",
    "up_blocks.0.upsamplers.0.conv.": "output_blocks.1.2.conv.",
    "up_blocks.1.resnets.0.": "output_blocks.2.0.",
    "up_blocks.1.resnets.1.": "output_blocks.3.0.",
    "time_embedding.linear_1.": "time_embed.0.",
    "time_embedding.linear_2.": "time_embed.2.",
    "add_embedding.linear_1.": "label_emb.0.0.",
    "add_embedding.linear_2.": "label_emb.0.2.",
    "conv_norm_out.": "out.0.",
    "conv_out.": "out.2.",
}
DECODER = {"0": "1", "1": "0"}  # the original counts from the image
VAE = {
    "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut",
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1",
    "group_norm": "norm",
    "to_q": "q",
    "to_k": "k",
    "to_v": "v",
    "to_out.0": "proj_out",
}


def _unet(weights: Weights) -> Weights:
    found = {}
    for key, value in weights.items():
        start = next(one for one in UNET if key.startswith(one))
        rest = key.removeprefix(start)
        if ".resnets." in start:
            part, _, kind = rest.rpartition(".")
            rest = f"{RESNET[part]}.{kind}"
        found[f"model.diffusion_model.{UNET[start]}{rest}"] = value
    return found


def _vae(weights: Weights) -> Weights:
    found = {}
    for key, value in weights.items():
        name = re.sub(r"down_blocks\.(\d)\.resnets\.(\d)", r"down.\1.block.\2", key)
        name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(r"up_blocks\.(\d)\.resnets\.(\d)", lambda m: f"up.{DECODER[m[1]]}.block.{m[2]}", name)
        name = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda m: f"up.{DECODER[m[1]]}.upsample", name)
        for ours, theirs in VAE.items():
            name = name.replace(ours, theirs)
        if "attn_1" in name and "norm" not in name and name.endswith("weight"):
            value = value[:, :, None, None]
        found[f"first_stage_model.{name}"] = value.contiguous()
    return found


def _clip(weights: Weights, prefix: str) -> Weights:
    return {f"{prefix}.transformer.text_model.{key.removeprefix('text_model.')}": one for key, one in weights.items()}


def _open_clip(weights: Weights, prefix: str) -> Weights:
    """The second text encoder of SDXL: queries, keys and values are one matrix."""
    found, names = {}, {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
    weights = {key.removeprefix("text_model."): value for key, value in weights.items()}
    for key, value in weights.items():
        if match := re.fullmatch(r"encoder\.layers\.(\d+)\.self_attn\.q_proj\.(weight|bias)", key):
            all_three = [weights[key.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")]
            found[f"transformer.resblocks.{match[1]}.attn.in_proj_{match[2]}"] = torch.cat(all_three)
        elif "k_proj" not in key and "v_proj" not in key:
            name = key.replace("encoder.layers", "transformer.resblocks").replace("self_attn.out_proj", "attn.out_proj")
            for ours, theirs in names.items():
                name = name.replace(ours, theirs)
            name = name.replace("final_layer_norm", "ln_final").replace("embeddings.token_embedding", "token_embedding")
            name = name.replace("embeddings.position_embedding.weight", "positional_embedding")
            found[name.replace("text_projection.weight", "text_projection")] = value
    found["text_projection"] = found["text_projection"].T.contiguous()
    return {f"{prefix}.model.{key}": value for key, value in found.items()}


def single_file(folder: Path, file: Path) -> Path:
    """The weights of a folder's model in one file, and its configuration without weights in a folder of its name."""
    weights = _unet(load_file(folder / "unet" / "diffusion_pytorch_model.safetensors"))
    weights |= _vae(load_file(folder / "vae" / "diffusion_pytorch_model.safetensors"))
    first = load_file(folder / "text_encoder" / "model.safetensors")
    if (folder / "text_encoder_2").is_dir():
        weights |= _clip(first, "conditioner.embedders.0")
        second = load_file(folder / "text_encoder_2" / "model.safetensors")
        weights |= _open_clip(second, "conditioner.embedders.1")
    else:
        weights |= _clip(first, "cond_stage_model")
    save_file(weights, file)
    shutil.copytree(folder, file.with_suffix(""), ignore=shutil.ignore_patterns("*.safetensors"))
    return file
