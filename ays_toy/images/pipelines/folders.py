"""A model's folder: found or downloaded, and checked before anything in it is loaded.

Only configuration files are read here. What may be loaded afterwards is a pipeline named in `PIPELINES`, made of
classes that diffusers and transformers ship, with weights in safetensors; code that comes with a model is never run.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ays_toy import serving
from ays_toy.bundled import BUNDLED
from ays_toy.checks import expanded, is_file, is_folder, quoted, whole_number
from ays_toy.images.pipelines import parts, schedulers
from ays_toy.images.pipelines.models import Origin, SchedulerFile

HUB_SECONDS = 10  # for one more question
INDEX = "model_index.json"
PATIENCE = 5.0  # seconds that the hub has to be connected to, and again to answer, before it counts as out of reach
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
MOST_TIMESTEPS = 100_000
MOST_SAID = 400  # characters of an error of diffusers that are passed on
WEIGHTLESS = ("Tokenizer", "TokenizerFast", "Scheduler")  # how the names of such classes end
SKIPPED = {"safety_checker", "feature_extractor", "image_encoder"}  # parts that denoising does without: never loaded


@dataclass(frozen=True)
class PipelineKind:
    """A pipeline class of diffusers that can be adapted: the part that denoises, its class and its default guidance."""

    part: str
    network: str
    guidance: float | None = None  # the pipeline's own default; None: it has no prompts
    classifier_free: bool = True  # whether guidance compares with an empty prompt, or is an input of the network
    others: tuple[str, ...] = ()  # parts that it cannot do without, beside the one that denoises and the scheduler

    @property
    def prompted(self) -> bool:
        """Whether it draws what prompts say."""
        return self.guidance is not None


TEXTS = ("vae", "tokenizer", "text_encoder")
TWO_TEXTS = (*TEXTS, "tokenizer_2", "text_encoder_2")
PIPELINES: dict[str, PipelineKind] = {
    "DDPMPipeline": PipelineKind("unet", "UNet2DModel"),
    "DDIMPipeline": PipelineKind("unet", "UNet2DModel"),
    "StableDiffusionPipeline": PipelineKind("unet", "UNet2DConditionModel", 7.5, others=TEXTS),
    "StableDiffusionXLPipeline": PipelineKind("unet", "UNet2DConditionModel", 5.0, others=TWO_TEXTS),
    "StableDiffusion3Pipeline": PipelineKind("transformer", "SD3Transformer2DModel", 7.0, others=TWO_TEXTS),
    "FluxPipeline": PipelineKind("transformer", "FluxTransformer2DModel", 3.5, False, TWO_TEXTS),
}
BARE = "DDPMPipeline"  # how a lone UNet2DModel with a scheduler beside it is read


@dataclass(frozen=True)
class ModelFolder:
    """A folder whose configuration has been read and found to be of a known kind."""

    path: Path
    source: str  # what diffusers loads it from: the folder, or its name on the hub
    title: str
    pipeline: str  # a key of PIPELINES
    absent: tuple[str, ...] = ()  # parts that its pipeline has and this copy lacks
    skipped: tuple[str, ...] = ()  # parts that are there and not loaded
    whole: bool = True  # a pipeline; False: a lone UNet
    classes: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # library and class of each part
    variants: Mapping[str, str | None] = field(default_factory=dict)  # of the parts' weights, None: plain

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
        variant = next((one for one in self.variants.values() if one), None)
        return Origin(self.pipeline if self.whole else None, self.source, variant, self.absent, file)

    @property
    def scheduler(self) -> str | None:
        """The scheduler class that model_index.json names."""
        return self.classes["scheduler"][1] if "scheduler" in self.classes else None

    @property
    def networks(self) -> tuple[str, ...]:
        """The parts that have weights."""
        return tuple(name for name, (_, kind) in self.classes.items() if not kind.endswith(WEIGHTLESS))

    def part(self, name: str) -> Path:
        """Where a part lives: its own subfolder, or the folder itself in flat checkpoints."""
        return self.path / name if (self.path / name).is_dir() else self.path

    def config(self, name: str, file: str) -> dict[str, Any]:
        """The configuration of a part; ValueError where it is missing or is not JSON."""
        return read_json(self.part(name) / file)

    def load(self, name: str, dtype: Any) -> Any:
        """The network of a part, frozen; ValueError where its weights are not all there."""
        return parts.load(self.part(name), name, *self.classes[name], self.variants[name], dtype)


def open_folder(model: str | Path) -> ModelFolder:
    """Find a model by folder or hub name and check it; ValueError in one sentence for what cannot be used.

    On a shared server those that it lists are looked for on the hub, and nothing else anywhere.
    """
    here = serving.current()
    if here.shared:
        here.check_model(name := str(model))
        path = download(name)
        try:
            return check(path, name, name)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), name)) from None  # where the server keeps it is its own
    path = expanded(model)
    if is_folder(path):
        return check(path, str(path), path.resolve().name)
    if is_file(path):
        raise ValueError(f"{path} is a file: give the folder of a diffusers model, which holds model_index.json.")
    if isinstance(model, Path) or not serving.HUB_NAME.fullmatch(model):
        named = str(path) if str(path).isprintable() else quoted(str(path))
        raise ValueError(
            f"There is no folder {named}: give a diffusers folder, a hub name like owner/model, {' or '.join(BUNDLED)}."
        )
    return check(download(model), model, model)


def check(path: Path, source: str, title: str) -> ModelFolder:
    """Read a folder's configuration and refuse, in one sentence, what this project cannot or should not load."""
    index_file = path / INDEX
    if index_file.is_file():
        index = read_json(index_file)
        pipeline = check_index(index, str(path))
        absent = tuple(name for name, value in index.items() if value == [None, None] and name not in SKIPPED)
        skipped = tuple(name for name in index if name in SKIPPED)
        classes = {name: (one[0], one[1]) for name, one in index.items() if _is_part(one) and name not in SKIPPED}
    else:
        config = read_json(path / "config.json") if (path / "config.json").is_file() else {}
        if config.get("_class_name") != PIPELINES[BARE].network:
            raise ValueError(f"{path} is not a diffusers model: it has neither model_index.json nor a UNet2DModel.")
        pipeline, absent, skipped = BARE, (), ()
        classes = {"unet": ("diffusers", PIPELINES[BARE].network)}
        if not any((path / at / "scheduler_config.json").is_file() for at in (".", "scheduler")):
            raise ValueError(
                f"{path} holds a UNet but no scheduler_config.json, which says what noise it was trained on."
            )
    lacking = next((name for name in classes if PIPELINES[pipeline].prompted and not (path / name).is_dir()), None)
    if lacking:
        raise ValueError(f"{path} has no folder {lacking}, which its model_index.json lists: it is not complete.")
    here = ModelFolder(path, source, title, pipeline, absent, skipped, index_file.is_file(), classes)
    here = replace(here, variants={name: parts.check_weights(here.part(name), name) for name in here.networks})
    network = here.config(here.kind.part, "config.json").get("_class_name", here.kind.network)
    if network != here.kind.network:
        raise ValueError(f"The {here.kind.part} in {path} is a {network}, but {pipeline} needs a {here.kind.network}.")
    timesteps = here.config("scheduler", "scheduler_config.json").get("num_train_timesteps", 1000)
    whole_number(timesteps, f"The num_train_timesteps of {title}", 2, MOST_TIMESTEPS)
    return here


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
    for part in (PIPELINES[name].part, *PIPELINES[name].others):
        if not _is_part(index.get(part)):
            raise ValueError(f"model_index.json in {where} lists no {part}, which {name} needs.")
    return name


def download(name: str) -> Path:
    """Fetch a model of the hub into its cache, safetensors only -> its folder; ValueError where that fails.

    Where the hub cannot be reached a model in the cache is used, and one that is not there is given up within seconds.
    """
    from huggingface_hub import errors, hf_hub_download
    from huggingface_hub.utils import httpx

    try:
        offline = not hub_answers(name)
        # Checked first: it is small, and may rule the rest out.
        index = hf_hub_download(name, INDEX, local_files_only=offline)
        check_index(read_json(Path(index)), name)
        return _snapshot(name, offline)
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
        raise ValueError(f"The hub model {name} could not be downloaded as safetensors: {first_line(error)}") from None


def _snapshot(name: str, offline: bool) -> Path:
    """A model's files of the hub, of the variant that it has where it has no plain weights."""
    from diffusers import DiffusionPipeline

    options = {"use_safetensors": True, "trust_remote_code": False, "local_files_only": offline}
    try:
        return Path(DiffusionPipeline.download(name, **options))
    except (OSError, ValueError):
        variant = _variant_on_hub(name)
        if variant is None:
            raise
        return Path(DiffusionPipeline.download(name, variant=variant, **options))


def _variant_on_hub(name: str) -> str | None:
    """The variant of a model's weights where it has no plain ones; None too where the hub cannot be asked."""
    from huggingface_hub import errors, model_info
    from huggingface_hub.utils import httpx

    try:
        return parts.variant_of_all(file.rfilename for file in model_info(name, timeout=HUB_SECONDS).siblings or ())
    except (OSError, httpx.HTTPError, errors.HfHubHTTPError):
        return None


def hub_answers(name: str) -> bool:
    """Whether the hub says anything of that model: hf_hub_download itself would ask a silent one again and again."""
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import httpx

    try:
        get_session().head(hf_hub_url(name, INDEX), timeout=PATIENCE, follow_redirects=False)
    except (OSError, httpx.TransportError):
        return False
    return True


@contextmanager
def loading(folder: ModelFolder) -> Iterator[None]:
    """Turn what diffusers and transformers raise over damaged or unfit files into a ValueError of one sentence."""
    try:
        yield
    except Exception as error:  # of every kind there is
        said = next((parts.pointer(file) for file in _files(folder) if parts.is_pointer(file)), first_line(error))
        words = f"The model in {folder.path} could not be loaded: {said}"
        shared = serving.current().shared
        raise ValueError(words.replace(str(folder.path), folder.source) if shared else words) from error


def _files(folder: ModelFolder) -> Iterator[Path]:
    """The small files that parts without weights are made of."""
    for name in folder.classes:
        yield from (file for file in folder.part(name).glob("*") if file.is_file() and file.suffix != ".safetensors")


def first_line(error: Exception) -> str:
    """What an error says in a line: the next one too where the first only announces it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    said = " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]
    said = said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]}…"
    return said.rstrip(".: ") + "."


def read_json(file: Path) -> dict[str, Any]:
    """A JSON file that holds an object; ValueError naming the file otherwise."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{file} is missing: the model's folder is not complete.") from None
    except (OSError, ValueError, RecursionError):
        if file.is_file() and parts.is_pointer(file):
            raise ValueError(parts.pointer(file)) from None
        raise ValueError(f"{file} cannot be read as JSON: the model's folder is damaged.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{file} does not hold a JSON object: the model's folder is damaged.")
    return value


def _is_part(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[1] is not None
