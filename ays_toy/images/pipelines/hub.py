"""Models of the Hugging Face hub: fetched into its cache, and looked for there where the hub cannot be reached."""

from pathlib import Path

from ays_toy.images.pipelines import parts
from ays_toy.images.pipelines.folders import INDEX, check_index, first_line, read_json

SECONDS = 10  # for one more question
PATIENCE = 5.0  # seconds that the hub has to be connected to, and again to answer, before it counts as out of reach
CONFIGURATION = ("*.json", "*/*.json", "*.txt", "*/*.txt", "*/*.model")  # all but weights


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
        return parts.variant_of_all(file.rfilename for file in model_info(name, timeout=SECONDS).siblings or ())
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


def configuration(name: str, file: Path) -> Path:
    """The folder of a hub model without its weights, for a file that has them; from the cache where that has it."""
    from huggingface_hub import errors, snapshot_download
    from huggingface_hub.utils import httpx

    try:
        offline = not hub_answers(name)
        folder = Path(snapshot_download(name, allow_patterns=list(CONFIGURATION), local_files_only=offline))
        check_index(read_json(folder / INDEX), name)
        return folder
    except (OSError, ValueError, httpx.HTTPError, errors.HfHubHTTPError):
        raise ValueError(
            f"{file.name} holds weights alone, and the configuration that belongs to them, that of {name}, can be had "
            f"neither from the hub nor from its cache: put it beside the file, into a folder {file.stem}."
        ) from None
