"""Diffusers models of every kind the project reads, tiny and with random weights, written to a folder."""

import json
import string
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    DDPMPipeline,
    DDPMScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    PNDMScheduler,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    UNet2DModel,
)
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    T5Config,
    T5EncoderModel,
    T5TokenizerFast,
)

LETTERS = [*string.ascii_lowercase]
STABLE = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
BLOCKS = {"block_out_channels": (8, 16), "layers_per_block": 1, "norm_num_groups": 4}


def noise(*shape: int, seed: int = 1, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def unet(channels: int = 1, out_channels: int | None = None, **more: Any) -> UNet2DModel:
    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=(8, 4),
        in_channels=channels,
        out_channels=out_channels or channels,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=4,
        **BLOCKS,
        **more,
    )


def unconditional(folder: Path, model: UNet2DModel | None = None, **scheduler: Any) -> Path:
    options = {"clip_sample": False} | scheduler
    DDPMPipeline(model or unet(), DDPMScheduler(**options)).save_pretrained(folder)
    return folder


def rescheduled(folder: Path, config: dict[str, Any]) -> Path:
    """The same model with another scheduler_config.json, in whose class model_index.json is told to load it."""
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    index = folder / "model_index.json"
    index.write_text(json.dumps(json.loads(index.read_text()) | {"scheduler": ["diffusers", config["_class_name"]]}))
    return folder


def autoencoder(channels: int = 4, **more: Any) -> AutoencoderKL:
    return AutoencoderKL(
        latent_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        **BLOCKS,
        **more,
    )


def tokenizer() -> CLIPTokenizer:
    tokens = [*LETTERS, *(letter + "</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: k for k, token in enumerate(tokens)}, merges=[], model_max_length=12)


def text_encoder(kind: type = CLIPTextModel, width: int = 8, layers: int = 2) -> Any:
    config = CLIPTextConfig(
        vocab_size=54,
        hidden_size=width,
        intermediate_size=16,
        projection_dim=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        max_position_embeddings=12,
        bos_token_id=52,
        eos_token_id=53,
        pad_token_id=53,
    )
    return kind(config).eval()


def conditional_unet(width: int, channels: int = 4, **more: Any) -> UNet2DConditionModel:
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=channels,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
        cross_attention_dim=width,
        **BLOCKS,
        **more,
    )


def stable_diffusion(folder: Path, channels: int = 4, **scheduler: Any) -> Path:
    torch.manual_seed(0)
    StableDiffusionPipeline(
        autoencoder(),
        text_encoder(),
        tokenizer(),
        conditional_unet(8, channels),
        PNDMScheduler(skip_prk_steps=True, steps_offset=1, **STABLE | scheduler),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


def sdxl(folder: Path, width: int = 8, layers: int = 2) -> Path:
    """Width and number of layers are those of the second text encoder."""
    torch.manual_seed(0)
    added = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8}
    StableDiffusionXLPipeline(
        autoencoder(scaling_factor=0.13025),
        text_encoder(),
        text_encoder(CLIPTextModelWithProjection, width, layers),
        tokenizer(),
        tokenizer(),
        conditional_unet(8 + width, projection_class_embeddings_input_dim=6 * 8 + width, **added),
        EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1, **STABLE),
    ).save_pretrained(folder)
    return folder


def sd3(folder: Path) -> Path:
    torch.manual_seed(0)
    transformer = SD3Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=16,
        caption_projection_dim=16,
        pooled_projection_dim=16,
        out_channels=4,
        pos_embed_max_size=16,
    )
    StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=autoencoder(shift_factor=0.06, scaling_factor=1.5),
        text_encoder=text_encoder(CLIPTextModelWithProjection),
        tokenizer=tokenizer(),
        text_encoder_2=text_encoder(CLIPTextModelWithProjection),
        tokenizer_2=tokenizer(),
        text_encoder_3=None,
        tokenizer_3=None,
    ).save_pretrained(folder)
    return folder


def t5() -> T5EncoderModel:
    return T5EncoderModel(T5Config(vocab_size=32, d_model=8, d_kv=4, d_ff=16, num_layers=1, num_heads=2)).eval()


def t5_tokenizer() -> T5TokenizerFast:
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *((letter, -1.0) for letter in ["▁", *LETTERS])]
    return T5TokenizerFast(vocab=pieces, extra_ids=0)


def flux(folder: Path, guidance_embeds: bool = True) -> Path:
    torch.manual_seed(0)
    transformer = FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=8,
        pooled_projection_dim=8,
        guidance_embeds=guidance_embeds,
        axes_dims_rope=(4, 4, 8),
    )
    FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=1.0, use_dynamic_shifting=True),
        vae=autoencoder(shift_factor=0.1, scaling_factor=0.36),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(),
        text_encoder_2=t5(),
        tokenizer_2=t5_tokenizer(),
        transformer=transformer,
    ).save_pretrained(folder)
    return folder
