"""A schedule as a workflow of ComfyUI, in the form that its API takes and that loads by dropping the file on its page.

The nodes are those of ComfyUI itself. What only its user knows, which checkpoint and which picture, is a name to be
chosen there; a node's title says what there is to know about it.
"""

import json
from typing import Any

from ays_toy.exchange import picture
from ays_toy.exchange.export import as_comfyui, check_whole, counting
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.sampling.counterparts import Sampler
from ays_toy.sampling.solvers import find

Node = dict[str, Any]
FLUX = "FluxPipeline"  # guided by a number that its network reads


def as_workflow(
    sigmas: Any, model: ImageModel | None, *, solver: str = "ddim", final_zero: str = "replace", seed: int = 0
) -> str:
    """A workflow that draws along a schedule [n+1]: nodes by number, each with its class and inputs, as JSON.

    Raises ValueError without a model that draws what prompts say, since ComfyUI has no others.
    """
    if model is None or not model.prompts:
        raise ValueError(
            "A workflow of ComfyUI draws what prompts say: take another form, or load a text-to-image model."
        )
    check_whole(model, "A workflow")
    chosen, levels = find(solver), as_comfyui(sigmas, model, final_zero=final_zero)
    if chosen.comfyui is None:
        raise ValueError(f"ComfyUI has no sampler for {chosen.title}: choose another solver, or take another form.")
    return (
        json.dumps(
            {
                "1": _node("CheckpointLoaderSimple", "Choose your checkpoint", ckpt_name=_checkpoint(model)),
                "2": _node("CLIPTextEncode", "Prompt", text=model.prompts[0], clip=["1", 1]),
                **_guider(model),
                "5": _node("RandomNoise", noise_seed=seed),
                "6": _node(
                    "KSamplerSelect", _title(chosen.title, chosen.comfyui, model), sampler_name=chosen.comfyui.name
                ),
                "7": _node("ManualSigmas", counting(sigmas, final_zero), sigmas=levels),
                **_latent(model),
                "9": _node(
                    "SamplerCustomAdvanced",
                    noise=["5", 0],
                    guider=["4", 0],
                    sampler=["6", 0],
                    sigmas=["7", 0],
                    latent_image=["8", 0],
                ),
                "10": _node("VAEDecode", samples=["9", 0], vae=["1", 2]),
                "11": _node("SaveImage", images=["10", 0], filename_prefix="schedule"),
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
    )


def _node(kind: str, title: str = "", **inputs: Any) -> Node:
    """A node; an input is a value, or the number of another node and which of its outputs."""
    return {"class_type": kind, "inputs": inputs, "_meta": {"title": title or kind}}


def _checkpoint(model: ImageModel) -> str:
    source = model.name if model.origin is None else model.origin.source
    return f"{source.rstrip('/').rpartition('/')[2]}.safetensors"


def _title(solver: str, there: Sampler, model: ImageModel) -> str:
    """The solver's title, and how ComfyUI's steps of it differ."""
    differs = [there.differs, there.differs_for_flows if model.prediction == "flow" else ""]
    return ", which ".join([solver, " and ".join(filter(None, differs))]) if any(differs) else solver


def _guider(model: ImageModel) -> dict[str, Node]:
    """What guides the model: the empty prompt beside its own, or for Flux a number that its network reads."""
    if model.origin is not None and model.origin.pipeline == FLUX:
        if model.guidance is None:
            return {"4": _node("BasicGuider", model=["1", 0], conditioning=["2", 0])}
        guided = _node("FluxGuidance", conditioning=["2", 0], guidance=model.guidance)
        return {"3": guided, "4": _node("BasicGuider", model=["1", 0], conditioning=["3", 0])}
    guider = _node("CFGGuider", model=["1", 0], positive=["2", 0], negative=["3", 0], cfg=model.guidance or 1.0)
    return {"3": _node("CLIPTextEncode", "No prompt", text="", clip=["1", 1]), "4": guider}


def _latent(model: ImageModel) -> dict[str, Node]:
    """What the noise is added to: nothing, or the picture that the user chooses."""
    if picture.begins(model):
        chosen = _node("LoadImage", "Choose your picture", image=picture.FILE)
        return {"12": chosen, "8": _node("VAEEncode", pixels=["12", 0], vae=["1", 2])}
    assert model.pixels is not None
    height, width = model.pixels
    kind = "EmptySD3LatentImage" if model.prediction == "flow" else "EmptyLatentImage"
    return {"8": _node(kind, width=width, height=height, batch_size=1)}
