"""Diffusers models whose networks are transformers, tiny and with random weights, written to a folder."""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AuraFlowPipeline,
    AuraFlowTransformer2DModel,
    AutoencoderDC,
    DDIMScheduler,
    DiTPipeline,
    DiTTransformer2DModel,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    Lumina2Pipeline,
    Lumina2Transformer2DModel,
    PixArtAlphaPipeline,
    PixArtSigmaPipeline,
    PixArtTransformer2DModel,
    SanaPipeline,
    SanaTransformer2DModel,
)
from tiny_models import LETTERS, autoencoder, t5, t5_tokenizer
from transformers import Gemma2Config, Gemma2Model, GemmaTokenizerFast, UMT5Config, UMT5EncoderModel

FLOW = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "flow_shift": 3.0}
CLASSES = 1000  # the class of no label in the pipeline itself


def dit(folder: Path) -> Path:
    torch.manual_seed(0)
    network = DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=4,
        in_channels=4,
        out_channels=8,
        num_layers=1,
        sample_size=8,
        norm_type="ada_norm_zero",
        num_embeds_ada_norm=CLASSES,
        norm_elementwise_affine=False,
    )
    DiTPipeline(network, autoencoder(), DDIMScheduler(clip_sample=False), id2label={"0": "a cat"}).save_pretrained(
        folder
    )
    return folder


def pixart(folder: Path, kind: type = PixArtSigmaPipeline, **more: Any) -> Path:
    torch.manual_seed(0)
    network = PixArtTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=4,
        out_channels=8,
        num_layers=1,
        cross_attention_dim=24,
        caption_channels=8,
        **{"sample_size": 8} | more,
    )
    kind(
        t5_tokenizer(), t5(), autoencoder(), network, DPMSolverMultistepScheduler(beta_schedule="linear")
    ).save_pretrained(folder)
    return folder


def pixart_alpha(folder: Path) -> Path:
    """That of 1024 pixels, whose network is told the size of its images."""
    return pixart(folder, PixArtAlphaPipeline, sample_size=128)


def gemma() -> Gemma2Model:
    config = Gemma2Config(
        vocab_size=40,
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=4,
    )
    return Gemma2Model(config).eval()


def gemma_tokenizer() -> GemmaTokenizerFast:
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>", "▁", *LETTERS]
    return GemmaTokenizerFast(vocab={token: k for k, token in enumerate(tokens)}, merges=[])


def sana(folder: Path) -> Path:
    torch.manual_seed(0)
    network = SanaTransformer2DModel(
        in_channels=4,
        out_channels=4,
        num_attention_heads=2,
        attention_head_dim=4,
        num_layers=1,
        num_cross_attention_heads=2,
        cross_attention_head_dim=4,
        cross_attention_dim=8,
        caption_channels=8,
        sample_size=8,
    )
    vae = AutoencoderDC(
        latent_channels=4,
        attention_head_dim=2,
        encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"),
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        encoder_qkv_multiscales=((), (5,)),
        decoder_qkv_multiscales=((), (5,)),
        encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1),
        downsample_block_type="conv",
        upsample_block_type="interpolate",
        decoder_norm_types="rms_norm",
        decoder_act_fns="silu",
        scaling_factor=0.41407,
    )
    SanaPipeline(gemma_tokenizer(), gemma(), vae, network, DPMSolverMultistepScheduler(**FLOW)).save_pretrained(folder)
    return folder


def aura(folder: Path) -> Path:
    torch.manual_seed(0)
    network = AuraFlowTransformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        num_mmdit_layers=1,
        num_single_dit_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=8,
        caption_projection_dim=16,
        out_channels=4,
        pos_embed_max_size=64,
    )
    text = UMT5EncoderModel(UMT5Config(vocab_size=40, d_model=8, d_kv=4, d_ff=16, num_layers=1, num_heads=2)).eval()
    AuraFlowPipeline(
        t5_tokenizer(), text, autoencoder(), network, FlowMatchEulerDiscreteScheduler(shift=1.73)
    ).save_pretrained(folder)
    return folder


def lumina(folder: Path) -> Path:
    torch.manual_seed(0)
    network = Lumina2Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        hidden_size=24,
        num_layers=1,
        num_refiner_layers=1,
        num_attention_heads=2,
        num_kv_heads=1,
        multiple_of=4,
        axes_dim_rope=(4, 4, 4),
        axes_lens=(300, 32, 32),
        cap_feat_dim=8,
    )
    Lumina2Pipeline(
        network,
        FlowMatchEulerDiscreteScheduler(shift=6.0),
        autoencoder(shift_factor=0.1, scaling_factor=0.36),
        gemma(),
        gemma_tokenizer(),
    ).save_pretrained(folder)
    return folder
