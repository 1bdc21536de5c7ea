"""A model's folder works, or one sentence says what is wrong with it, when it is loaded and not in the middle of a run.

What is on a device is emulated for Apple's MPS, which knows no float64: see `OnMps`.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from safetensors.torch import load_file, save_file
from tiny_models import noise
from torch.overrides import TorchFunctionMode

from ays_toy import images
from ays_toy.images.pipelines import parts

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"
VAE = "vae/diffusion_pytorch_model.safetensors"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab\nsize 1934\n"
MADE = {name: getattr(tiny_models, name) for name in ("unconditional", "stable_diffusion", "sdxl", "sd3", "flux")}
Change = Callable[[Path], Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of every kind, as it should be."""
    home = tmp_path_factory.mktemp("whole")
    for name, make in MADE.items():
        make(home / name)
    return home


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: Path(shutil.copytree(whole / name, tmp_path / name))


def load(folder: Path, **more: Any) -> images.ImageModel:
    prompted = {} if folder.name == "unconditional" else {"prompts": "a", "size": 16}
    return images.load(folder, **prompted | more)


def config(file: str, **values: Any) -> Change:
    """Change a configuration; a value of ... is taken out."""

    def change(folder: Path) -> None:
        said = json.loads((folder / file).read_text()) | values
        (folder / file).write_text(json.dumps({key: value for key, value in said.items() if value is not ...}))

    return change


def scheduler(**values: Any) -> Change:
    return config("scheduler/scheduler_config.json", **values)


def unet(**values: Any) -> Change:
    return config("unet/config.json", **values)


def holds(file: str, data: bytes) -> Change:
    return lambda folder: (folder / file).write_bytes(data)


def tensors(file: str, change: Callable[[dict[str, torch.Tensor]], Any]) -> Change:
    def rewrite(folder: Path) -> None:
        found = load_file(folder / file)
        change(found)
        save_file(found, folder / file, metadata={"format": "pt"})

    return rewrite


def spoiled(found: dict[str, torch.Tensor]) -> None:
    found.update({name: value * float("nan") for name, value in found.items()})


def one_less(found: dict[str, torch.Tensor]) -> None:
    found.pop(next(iter(found)))


def clipped(found: dict[str, torch.Tensor]) -> None:
    name = next(name for name, value in found.items() if value.ndim > 1 and len(value) > 1)
    found[name] = found[name][:1].contiguous()


def removed(name: str) -> Change:
    return lambda folder: shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()


FAULTS: dict[str, tuple[str, Change, str]] = {
    "a UNet of an odd size": ("unconditional", unet(sample_size=[9, 5]), r"cannot denoise an array of 1×9×5"),
    "a size of 0": ("unconditional", unet(sample_size=0), "sample_size of .* must be a whole number from 1"),
    "a size in words": ("unconditional", unet(sample_size="big"), "sample_size of .*, not 'big'"),
    "a size of three": ("unconditional", unet(sample_size=[8, 8, 8]), "must be one number or two, not .8, 8, 8."),
    "a size without bounds": ("unconditional", unet(sample_size=100_000), "from 1 to 4096"),
    "betas of 0": ("unconditional", scheduler(trained_betas=[0.0] * 9), "levels of .* start without noise"),
    "a first beta of 0": ("stable_diffusion", scheduler(beta_start=0.0), "levels of .* start without noise"),
    "betas of 2": ("unconditional", scheduler(trained_betas=[2.0] * 9), "betas must lie between 0 and 1"),
    "betas up to 2": ("stable_diffusion", scheduler(beta_end=2.0), "betas must lie between 0 and 1"),
    "betas below 0": ("unconditional", scheduler(beta_start=-0.1), "betas must lie between 0 and 1"),
    "betas of NaN": ("unconditional", scheduler(trained_betas=[float("nan")] * 9), "betas must lie between 0 and 1"),
    "no betas": ("unconditional", scheduler(trained_betas=[]), "levels of .* are fewer than two"),
    "no timesteps": ("unconditional", scheduler(num_train_timesteps=0), "num_train_timesteps of .* not 0"),
    "timesteps in words": ("sd3", scheduler(num_train_timesteps="x"), "num_train_timesteps of .* not 'x'"),
    "more timesteps than fit": ("flux", scheduler(num_train_timesteps=10**9), "num_train_timesteps of .* 1000000000"),
    "a pointer for the UNet": ("unconditional", holds(UNET, POINTER), "is a pointer of git-lfs.*“git lfs pull”"),
    "a pointer for a text encoder": ("stable_diffusion", holds(TEXT, POINTER), "model.safetensors is a pointer"),
    "a pointer for a tokenizer": ("sdxl", holds("tokenizer_2/tokenizer.json", POINTER), "tokenizer.json is a pointer"),
    "a pointer for a configuration": ("sd3", holds("vae/config.json", POINTER), "vae/config.json is a pointer"),
    "a pointer for the index": ("flux", holds("model_index.json", POINTER), "model_index.json is a pointer"),
    "empty weights": ("stable_diffusion", holds(VAE, b""), "model.safetensors is empty: download it again"),
    "a web page": ("unconditional", holds(UNET, b"<!doctype html>" * 99), "cannot be read as safetensors .*again"),
    "NaN in the UNet": ("unconditional", tensors(UNET, spoiled), "something else than finite numbers"),
    "NaN in the text encoder": ("stable_diffusion", tensors(TEXT, spoiled), "something else than finite numbers"),
    "NaN in the autoencoder": ("stable_diffusion", tensors(VAE, spoiled), "its autoencoder are no finite numbers"),
    "weights that lack some": ("unconditional", tensors(UNET, one_less), "weights of its unet lack conv_in.bias"),
    "a text encoder that lacks some": ("stable_diffusion", tensors(TEXT, one_less), "of its text_encoder lack"),
    "an autoencoder that lacks some": ("stable_diffusion", tensors(VAE, one_less), "of its vae lack decoder.conv_in"),
    "weights of another shape": ("unconditional", tensors(UNET, clipped), "size mismatch for conv_in.weight"),
    "a text encoder of another shape": ("stable_diffusion", tensors(TEXT, clipped), "text_encoder have other shapes"),
    "a configuration without channels": ("unconditional", unet(in_channels=...), "size mismatch for conv_in.weight"),
    "a configuration without groups": ("unconditional", unet(norm_num_groups=...), "divisible by num_groups"),
    "no scaling factor": ("stable_diffusion", config("vae/config.json", scaling_factor=None), "scaling_factor must be"),
    "no folder of a text encoder": ("stable_diffusion", removed("text_encoder"), "has no folder text_encoder, which"),
    "no folder of a tokenizer": ("flux", removed("tokenizer_2"), "has no folder tokenizer_2, which"),
    "no weights of a text encoder": (
        "sdxl",
        removed("text_encoder_2/model.safetensors"),
        "text_encoder_2 .* no weights",
    ),
    "a text encoder that is left out": (
        "sd3",
        config("model_index.json", text_encoder_2=[None, None]),
        "lists no text_encoder_2, which StableDiffusion3Pipeline needs",
    ),
    "an autoencoder that is left out": ("stable_diffusion", config("model_index.json", vae=...), "lists no vae"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_when_the_model_is_loaded(copy: Callable[[str], Path], fault: str) -> None:
    kind, change, words = FAULTS[fault]
    folder = copy(kind)
    change(folder)
    with pytest.raises(ValueError, match=words) as caught:
        load(folder)
    said = str(caught.value).replace(str(folder), "")
    assert "\n" not in said
    assert said.endswith(".")
    assert len(said) < 500


@pytest.mark.parametrize("device", ["mps", "mps:1", "cuda", "cuda:7", "xpu", "meta", "xla", "tpu", "", 3])
def test_a_device_that_is_not_there_is_one_sentence(whole: Path, device: Any) -> None:
    if str(device) in ("mps", "cuda", "xpu") and torch.accelerator.is_available():
        pytest.skip("there is a device")
    for model in ("digits", whole / "unconditional"):
        with pytest.raises(ValueError, match=r"There is no device|Unknown device") as caught:
            images.load(model, device=device)
        assert "\n" not in str(caught.value)


# Variants of weights


def renamed(folder: Path, variant: str) -> None:
    for file in folder.rglob("*.safetensors"):
        file.rename(file.with_suffix(f".{variant}.safetensors"))


def same(model: images.ImageModel, other: images.ImageModel, **tolerances: float) -> None:
    x = noise(2, *model.shape)
    torch.testing.assert_close(model.denoiser(x, 1.0), other.denoiser(x, 1.0), **tolerances)


@pytest.mark.parametrize("variant", ["fp16", "bf16", "non_ema"])
@pytest.mark.parametrize("kind", MADE)
def test_a_model_that_has_one_variant_of_weights_alone_is_loaded(
    copy: Callable[[str], Path], whole: Path, kind: str, variant: str
) -> None:
    folder = copy(kind)
    renamed(folder, variant)
    model = load(folder)
    assert model.origin is not None
    assert model.origin.variant == variant
    same(model, load(whole / kind))


def test_each_part_is_loaded_from_the_weights_that_it_has(copy: Callable[[str], Path], whole: Path) -> None:
    """Plain ones but for a UNet in bf16, and a text encoder whose plain file git-lfs has not fetched."""
    folder = copy("stable_diffusion")
    renamed(folder / "unet", "bf16")
    shutil.copy(folder / TEXT, folder / "text_encoder/model.fp16.safetensors")
    (folder / TEXT).write_bytes(POINTER)
    same(load(folder), load(whole / "stable_diffusion"))


def test_weights_in_pieces_of_a_variant_are_loaded(tmp_path: Path, whole: Path) -> None:
    folder = tmp_path / "unconditional"
    network = tiny_models.unet()
    tiny_models.unconditional(folder, network)
    (folder / UNET).unlink()
    network.save_pretrained(folder / "unet", variant="bf16", max_shard_size="20KB")
    assert len(list((folder / "unet").glob("*bf16-0*"))) > 1
    same(load(folder), load(whole / "unconditional"))


@pytest.mark.parametrize(
    ("files", "variant"),
    [
        (["model.fp16.safetensors", "model.safetensors"], None),
        (["diffusion_pytorch_model.bf16.safetensors", "diffusion_pytorch_model.fp16.safetensors"], "fp16"),
        (["diffusion_pytorch_model.bf16-00001-of-00002.safetensors", "config.json"], "bf16"),
        (["model-00001-of-00002.safetensors", "model.fp16-00001-of-00002.safetensors"], None),
        (["model-00001-of-00002.fp16.safetensors"], "fp16"),
        (["config.json", "pytorch_lora_weights.safetensors"], None),
    ],
)
def test_the_variant_is_told_by_the_names_of_files(files: list[str], variant: str | None) -> None:
    assert parts.variant(files) == variant
    assert parts.variant_of_all([f"unet/{file}" for file in files] + ["vae/model.safetensors"]) == variant


# Apple's MPS

MPS, CPU = torch.device("mps"), torch.device("cpu")


def on_mps(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.dtype == torch.float64:
        raise TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support it")
    return tensor.as_subclass(OnMps)


class OnMps(torch.Tensor):
    """A tensor that stands for one on MPS: whatever is made of it may not be of float64."""

    @classmethod
    def __torch_function__(cls, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.device.__get__:
            return MPS
        out = super().__torch_function__(func, (cls,), args, kwargs or {})
        for one in out if isinstance(out, tuple | list) else (out,):
            if isinstance(one, torch.Tensor):
                on_mps(one)
        return out


class WithMps(TorchFunctionMode):
    """What is moved to "mps" or made there is made on the CPU, and what stands for it is given back."""

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.Tensor.to:
            return self._moved(args[0], *args[1:], **kwargs)
        there = kwargs.get("device") == MPS
        out = func(*args, **kwargs | ({"device": CPU} if there else {}))
        return on_mps(out) if there else out

    def _moved(self, tensor: torch.Tensor, *where: Any, **more: Any) -> torch.Tensor:
        """As `to`, one thing at a time; that it is asked so of what comes and goes is looked at too."""
        like = next((one for one in where if isinstance(one, torch.Tensor)), None)
        if like is not None:
            where = (like.device, like.dtype)
        place = next(
            (torch.device(one) for one in (*where, more.get("device")) if isinstance(one, torch.device | str)), None
        )
        kind = next((one for one in (*where, more.get("dtype")) if isinstance(one, torch.dtype)), None)
        if place is not None and kind is not None and place != tensor.device:
            assert torch.float64 not in (kind, tensor.dtype), "device and type at once: the order is not said"
        if place is not None:
            tensor = on_mps(tensor) if place == MPS else tensor.as_subclass(torch.Tensor)
        return tensor if kind is None else tensor.type(kind)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", MADE)
def test_nothing_of_float64_is_asked_of_mps(whole: Path, kind: str, dtype: torch.dtype) -> None:
    model = load(whole / kind)
    x, levels = noise(3, *model.shape, dtype=dtype), torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    expected, seen = [model.denoiser(x, sigma) for sigma in (1.0, levels)], []
    network = model.denoiser.network
    model.denoiser.network = lambda x, t, rows: (seen.append((type(x), type(t))), network(x, t, rows))[1]
    model.denoiser.device = torch.device("mps")
    with WithMps():
        found = [model.denoiser(x, sigma) for sigma in (1.0, levels)]
    assert set(seen) == {(OnMps, OnMps)}
    for one, other in zip(found, expected, strict=True):
        assert type(one) is torch.Tensor
        assert one.dtype == dtype
        torch.testing.assert_close(one, other)
    if model.decode is not None:
        latents = model.decode.__self__
        pixels = model.decode(x)
        code = model.encode(pixels)
        latents.device = torch.device("mps")
        with WithMps():
            torch.testing.assert_close(model.decode(x), pixels)
            torch.testing.assert_close(model.encode(pixels), code)


def test_the_digits_answer_before_they_are_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr("ays_toy.images.loading.tried", lambda model: tried.append(model.name) or model)
    assert np.isfinite(images.load("digits").sigma_max)
    assert tried == ["digits"]
