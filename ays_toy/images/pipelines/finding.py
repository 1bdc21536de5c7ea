"""A model by what a person calls it: a folder, a single file, or a name on the hub."""

from pathlib import Path

from ays_toy import serving
from ays_toy.bundled import BUNDLED
from ays_toy.checks import expanded, is_file, is_folder, quoted
from ays_toy.images.pipelines import hub, single_files
from ays_toy.images.pipelines.folders import INDEX, ModelFolder, check


def open_folder(model: str | Path) -> ModelFolder:
    """Find a model by folder, file or hub name and check it; ValueError in one sentence for what cannot be used.

    On a shared server those that it lists are looked for on the hub, and nothing else anywhere.
    """
    here = serving.current()
    if here.shared:
        here.check_model(name := str(model))
        path = hub.download(name)
        try:
            return check(path, name, name)
        except ValueError as error:
            raise ValueError(str(error).replace(str(path), name)) from None  # where the server keeps it is its own
    path = expanded(model)
    if is_folder(path):
        return check(path, str(path), path.resolve().name)
    if is_file(path):
        return _open_file(path)
    if isinstance(model, Path) or not serving.HUB_NAME.fullmatch(model):
        named = str(path) if str(path).isprintable() else quoted(str(path))
        raise ValueError(
            f"There is no folder {named}: give a diffusers folder, a .safetensors file, a hub name like owner/model, "
            f"{' or '.join(BUNDLED)}."
        )
    return check(hub.download(model), model, model)


def _open_file(path: Path) -> ModelFolder:
    """A model in a single file, with the configuration of its parts from elsewhere."""
    name = single_files.configuration(path)
    beside = path.with_suffix("")
    return check(beside if is_file(beside / INDEX) else hub.configuration(name, path), str(path), path.stem, path)
