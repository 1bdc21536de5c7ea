"""A model's folder: found or downloaded, and checked before anything in it is loaded.

Only configuration files are read here. What may be loaded afterwards is a pipeline named in `PIPELINES`, made of
classes that diffusers and transformers ship, with weights in safetensors; code that comes with a model is never run.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from ays_toy.images import schedulers
from ays_toy.images.models import Origin, SchedulerFile

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
LIBRARIES = {"diffusers", "transformers"}
PARTS = {  # classes that may be loaded, beside diffusers' schedulers
    "UNet2DModel",
    "UNet2DConditionModel",
    "SD3Transformer2DModel",
    "FluxTransformer2DModel",
    "AutoencoderKL",
    "CLIPTextModel",
    "CLIPTextModelWithProjection",
    "CLIPTokenizer",
    "CLIPTokenizerFast",
    "T5EncoderModel",
    "T5Tokenizer",
    "T5TokenizerFast",
}
SKIPPED = {"safety_checker", "feature_extractor", "image_encoder"}  # parts that denoising does without: never loaded


@dataclass(frozen=True)
class PipelineKind:
    """A pipeline class of diffusers that can be adapted: the part that denoises, its class and its default guidance."""

    part: str
    network: str
    guidance: float | None = None  # the pipeline's own default; None: it has no prompts
    classifier_free: bool = True  # whether guidance compares with an empty prompt, or is an input of the network

    @property
    def prompted(self) -> bool:
        """Whether it draws what prompts say."""
        return self.guidance is not None


PIPELINES: dict[str, PipelineKind] = {
    "DDPMPipeline": PipelineKind("unet", "UNet2DModel"),
    "DDIMPipeline": PipelineKind("unet", "UNet2DModel"),
    "StableDiffusionPipeline": PipelineKind("unet", "UNet2DConditionModel", 7.5),
    "StableDiffusionXLPipeline": PipelineKind("unet", "UNet2DConditionModel", 5.0),
    "StableDiffusion3Pipeline": PipelineKind("transformer", "SD3Transformer2DModel", 7.0),
    "FluxPipeline": PipelineKind("transformer", "FluxTransformer2DModel", 3.5, classifier_free=False),
}
BARE = "DDPMPipeline"  # how a lone UNet2DModel with a scheduler beside it is read


@dataclass(frozen=True)
class ModelFolder:
    """A folder whose configuration has been read and found to be of a known kind."""

    path: Path
    source: str  # what diffusers loads it from: the folder, or its name on the hub
    title: str
    pipeline: str  # a key of PIPELINES
    variant: str | None = None  # "fp16" where only such weights are there
    absent: tuple[str, ...] = ()  # parts that its pipeline has and this copy lacks
    skipped: tuple[str, ...] = ()  # parts that are there and not loaded
    whole: bool = True  # a pipeline; False: a lone UNet
    scheduler: str | None = None  # the class that model_index.json names

    @property
    def kind(self) -> PipelineKind:
        """What is known of its pipeline."""
        return PIPELINES[self.pipeline]

    @property
    def origin(self) -> Origin:
        """How diffusers loads it."""
        config = self.config("scheduler", "scheduler_config.json")
        within = "scheduler" if self.part("scheduler") != self.path else None
        file = SchedulerFile(schedulers.class_name(config, self.scheduler), config, within)
        return Origin(self.pipeline if self.whole else None, self.source, self.variant, self.absent, file)

    def part(self, name: str) -> Path:
        """Where a part lives: its own subfolder, or the folder itself in flat checkpoints."""
        return self.path / name if (self.path / name).is_dir() else self.path

    def config(self, name: str, file: str) -> dict[str, Any]:
        """The configuration of a part; ValueError where it is missing or is not JSON."""
        return read_json(self.part(name) / file)


def open_folder(model: str | Path) -> ModelFolder:
    """Find a model by folder or hub name and check it; ValueError in one sentence for what cannot be used."""
    path = Path(model).expanduser()
    if path.is_dir():
        return check(path, str(path), path.resolve().name)
    if path.exists():
        raise ValueError(f"{path} is a file: give the folder of a diffusers model, which holds model_index.json.")
    if isinstance(model, Path) or not HUB_NAME.fullmatch(model):
        raise ValueError(f"There is no folder {path}: give a diffusers folder, a hub name like owner/model, or digits.")
    return check(download(model), model, model)


def check(path: Path, source: str, title: str) -> ModelFolder:
    """Read a folder's configuration and refuse, in one sentence, what this project cannot or should not load."""
    index_file = path / "model_index.json"
    if index_file.is_file():
        index = read_json(index_file)
        pipeline = check_index(index, str(path))
        absent = tuple(name for name, value in index.items() if value == [None, None] and name not in SKIPPED)
        skipped = tuple(name for name in index if name in SKIPPED)
        parts = [name for name, value in index.items() if _is_part(value) and name not in SKIPPED]
        scheduler = index["scheduler"][1] if _is_part(index.get("scheduler")) else None
    else:
        config = read_json(path / "config.json") if (path / "config.json").is_file() else {}
        if config.get("_class_name") != PIPELINES[BARE].network:
            raise ValueError(f"{path} is not a diffusers model: it has neither model_index.json nor a UNet2DModel.")
        pipeline, parts, absent, skipped = BARE, ["unet", "scheduler"], (), ()
        scheduler = None
        if not any((path / at / "scheduler_config.json").is_file() for at in (".", "scheduler")):
            raise ValueError(
                f"{path} holds a UNet but no scheduler_config.json, which says what noise it was trained on."
            )
    here = ModelFolder(path, source, title, pipeline, None, absent, skipped, index_file.is_file(), scheduler)
    variants = {_weights(here.part(name), name) for name in parts}
    if not list(here.part(here.kind.part).glob("*.safetensors")):
        raise ValueError(f"The {here.kind.part} in {path} has no weights: the model's folder is not complete.")
    network = here.config(here.kind.part, "config.json").get("_class_name", here.kind.network)
    if network != here.kind.network:
        raise ValueError(f"The {here.kind.part} in {path} is a {network}, but {pipeline} needs a {here.kind.network}.")
    return replace(here, variant="fp16" if "fp16" in variants else None)


def check_index(index: Mapping[str, Any], where: str) -> str:
    """Return the pipeline that model_index.json names; ValueError where it is custom or not among `PIPELINES`."""
    name = index.get("_class_name")
    if isinstance(name, list):
        raise ValueError(
            f"{where} needs a custom pipeline ({name[-1]}), and code that comes with a model is not run here."
        )
    if not isinstance(name, str):
        raise ValueError(f"model_index.json in {where} names no pipeline class (_class_name).")
    if name not in PIPELINES:
        raise ValueError(f"{where} is a {name}, which has no adapter: choose a model of {', '.join(PIPELINES)}.")
    for part, value in index.items():
        if not _is_part(value) or part in SKIPPED:
            continue
        library, kind = value
        if library not in LIBRARIES:
            raise ValueError(
                f"{where} takes its {part} from {library!r}, and code that comes with a model is not run here: "
                "only classes of diffusers and transformers are loaded."
            )
        if kind not in PARTS and not (library == "diffusers" and str(kind).endswith("Scheduler")):
            raise ValueError(
                f"The {part} of {where} is a {kind}, which is not read here; known are {', '.join(sorted(PARTS))}."
            )
    if not _is_part(index.get(PIPELINES[name].part)):
        raise ValueError(f"model_index.json in {where} lists no {PIPELINES[name].part}, which {name} needs.")
    return name


def download(name: str) -> Path:
    """Fetch a model of the hub into its cache, safetensors only -> its folder; ValueError where that fails."""
    from diffusers import DiffusionPipeline
    from huggingface_hub import errors, hf_hub_download
    from huggingface_hub.utils import httpx

    try:
        index = hf_hub_download(name, "model_index.json")  # checked first: it is small, and may rule the rest out
        check_index(read_json(Path(index)), name)
        return Path(DiffusionPipeline.download(name, use_safetensors=True, trust_remote_code=False))
    except errors.RepositoryNotFoundError:
        raise ValueError(f"There is neither a folder nor a public hub model {name}: check its spelling.") from None
    except errors.LocalEntryNotFoundError:
        raise ValueError(
            f"There is no folder {name}, and the hub cannot be reached to look for a model of that name: "
            "check the connection, or give a local folder."
        ) from None
    except errors.EntryNotFoundError:
        raise ValueError(f"The hub model {name} has no model_index.json: it is not a diffusers pipeline.") from None
    except (OSError, httpx.HTTPError, errors.HfHubHTTPError) as error:
        raise ValueError(f"The hub model {name} could not be downloaded as safetensors: {_first_line(error)}") from None


@contextmanager
def loading(folder: ModelFolder) -> Iterator[None]:
    """Turn what diffusers and transformers raise over damaged or unfit files into a ValueError of one sentence."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise ValueError(f"The model in {folder.path} could not be loaded: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".: ") + "."


def read_json(file: Path) -> dict[str, Any]:
    """A JSON file that holds an object; ValueError naming the file otherwise."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{file} is missing: the model's folder is not complete.") from None
    except (OSError, ValueError, RecursionError):
        raise ValueError(f"{file} cannot be read as JSON: the model's folder is damaged.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{file} does not hold a JSON object: the model's folder is damaged.")
    return value


def _is_part(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[1] is not None


def _weights(folder: Path, name: str) -> str | None:
    """The variant of a part's weights (None: plain ones, or none at all); ValueError where they are pickled only."""
    safe = [file.name for file in folder.glob("*.safetensors")]
    pickled = [file.name for pattern in ("*.bin", "*.ckpt", "*.pt", "*.pth") for file in folder.glob(pattern)]
    if pickled and not safe:
        raise ValueError(
            f"The {name} in {folder} has its weights only in {pickled[0]}, a pickle, which could run code: "
            "convert it to safetensors, or choose a model that has them."
        )
    return "fp16" if safe and all(".fp16" in file for file in safe) else None


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
