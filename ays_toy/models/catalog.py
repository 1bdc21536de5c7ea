"""What every page finds by name: data sets and their denoisers, those that ship and those that the user keeps.

Data are a preset's name, `own:NAME`, `drawn:TEXT` or `points:TEXT`, the text being the drawing or the points
themselves, or `held:DIGEST`, points that are not kept; a denoiser's kind is `exact`, `mlp` (the network that ships) or
`saved:NAME`. On a shared server a kept NAME is NICKNAME/NAME.
"""

from collections.abc import Collection
from functools import lru_cache
from itertools import chain, count
from typing import Any

from ays_toy.checks import lookup, quoted
from ays_toy.data import drawing, memory, own_points, packed
from ays_toy.data.datasets import DATASETS, Dataset, from_points
from ays_toy.data.denoisers import Denoiser
from ays_toy.data.drawing import Drawing
from ays_toy.models import checkpoints
from ays_toy.models.people import NOBODY, Keeper
from ays_toy.models.store import ModelStore, PointStore, check_name, split

OWN, DRAWN, POINTS, HELD, SAVED = "own:", "drawn:", "points:", "held:", "saved:"
DRAWN_TITLE = "Your drawing"
MOST_IN_LINK = 4000  # points that are tried: fewer fit unless they repeat
BUILT_IN = {"exact": "Exact", "mlp": "Trained MLP"}


def dataset(name: str) -> Dataset:
    """The data set of that name; ValueError where there is none."""
    if (text := _after(DRAWN, name)) is not None:
        return _drawn(text)
    if (text := _after(POINTS, name)) is not None:
        return _pointed(text)
    if _after(HELD, name) is not None:
        return memory.find(name)
    own = _after(OWN, name)
    if own is None:
        return lookup(DATASETS, name, "data set")
    store, plain = split(PointStore, own)
    return _own(store, plain, own, store.stamp(plain))


def datasets(*unlisted: Any, keeper: Keeper = NOBODY) -> dict[str, str]:
    """The titles of all data sets by name: the presets, then those of the keeper, the newest first.

    Drawings, points in a link and held points, which no list holds, come last, and so do what others keep: those among
    the names `unlisted` that there are. No two titles are alike: a list on the screen tells its entries by them.
    """
    names = [keeper.named(saved.name) for saved in PointStore.of(keeper).list()]
    listed = {name: preset.title for name, preset in DATASETS.items()} | {
        OWN + name: _own_title(name) for name in names
    }
    for name in dict.fromkeys(unlisted):
        if name not in listed and is_own(name) and (title := _title(name)):
            listed[name] = _another(title, listed.values())
    return listed


def _another(title: str, taken: Collection[str]) -> str:
    return next(one for one in chain([title], (f"{title} ({k})" for k in count(2))) if one not in taken)


def is_unlisted(name: Any) -> bool:
    """Whether a name is that of a drawing, of points in a link or of held points."""
    return isinstance(name, str) and name.startswith((DRAWN, POINTS, HELD))


def is_own(name: Any) -> bool:
    """Whether a name is that of data of the user's own, listed or not."""
    return isinstance(name, str) and name.startswith((OWN, DRAWN, POINTS, HELD))


def name_of_drawing(strokes: Drawing) -> str:
    """The name of the data set that a drawing is; ValueError for one without ink.

    It is the drawing itself where that is short enough for a link, and that of its points, held, otherwise.
    """
    text = drawing.encode(strokes)
    if len(text) > packed.MAX_TEXT:
        return hold_points(strokes.points(), DRAWN_TITLE)
    _drawn(text)
    return DRAWN + text


def bring(points: Any, title: str) -> str:
    """The name of the data set that points [N, 2] are: the points themselves where a link holds them, else held."""
    text = own_points.encode(points) if len(points) <= MOST_IN_LINK else ""
    if 0 < len(text) <= packed.MAX_TEXT:
        _pointed(text)
        return POINTS + text
    return hold_points(points, title)


def hold_points(points: Any, title: str) -> str:
    """Hold points [N, 2] in memory for a while -> the name of the data set that they are."""
    return memory.hold_points(points, title, HELD)


def models(data: str, *unlisted: Any, keeper: Keeper = NOBODY) -> dict[str, str]:
    """The titles of the denoisers of a data set by kind: exact, shipped, then those of the keeper, the newest first.

    Those among the kinds `unlisted` that others keep and were trained on these data come last.
    """
    kept = [saved for saved in ModelStore.of(keeper).list() if saved.about.get("data") == data]
    names = [keeper.named(saved.name) for saved in kept]
    for kind in unlisted:
        name = _after(SAVED, kind)
        if name is not None and name not in names and _trained_on(name) == data:
            names.append(name)
    own = {SAVED + name: f"{name} (your model)" for name in names}
    return {kind: title for kind, title in BUILT_IN.items() if kind == "exact" or ships(data)} | own


def _trained_on(name: str) -> Any:
    """The data that a kept model was trained on; None where there is no such model."""
    try:
        store, plain = split(ModelStore, name)
        return store.find(plain).about.get("data")
    except ValueError:
        return None


def gone(name: Any) -> str | None:
    """One sentence where a name is that of something kept which is not there (any more), None otherwise."""
    try:
        _stamps(name)
    except ValueError as error:
        return str(error)
    return None


def _stamps(*names: Any) -> list[int]:
    """The stamps of the user's files behind those names that have one; ValueError where such a file is not there."""
    kinds: tuple[tuple[type[PointStore | ModelStore], str], ...] = ((PointStore, OWN), (ModelStore, SAVED))
    kept = [(kind, own) for name in names for kind, prefix in kinds if (own := _after(prefix, name)) is not None]
    return [store.stamp(plain) for store, plain in (split(kind, own) for kind, own in kept)]


def check_kind(kind: Any) -> str:
    """Return the name of a denoiser that may exist for some data; ValueError otherwise."""
    saved = _after(SAVED, kind)
    if saved is not None:
        check_name(split(ModelStore, saved)[1])
    elif kind not in BUILT_IN:
        raise ValueError(
            f"Unknown model {quoted(kind)}: choose exact, mlp, or saved: and the name of a model of your own."
        )
    return kind


def check(data: str, kind: str) -> None:
    """Raise ValueError unless there are such data and a denoiser of that kind for them; no weights are read."""
    dataset(data)
    saved = _after(SAVED, check_kind(kind))
    if saved is not None:
        store, plain = split(ModelStore, saved)
        trained_on = store.find(plain).about.get("data")
        if trained_on != data:
            raise ValueError(
                f"The saved model {saved!r} was trained on {quoted(trained_on)}, not on {quoted(data)}: choose "
                "those data, or another model."
            )
    elif kind == "mlp" and not ships(data):
        raise ValueError("No trained network ships for points of your own: choose the exact model, or train one.")


def denoiser(data: str, kind: str, device: str = "cpu") -> Denoiser:
    """The denoiser of that kind for the data; ValueError where there is none."""
    check(data, kind)
    if kind == "exact":
        return dataset(data).denoiser()
    if kind == "mlp":
        return checkpoints.pretrained(data, device)
    store, name = split(ModelStore, kind.removeprefix(SAVED))
    return _saved(store, name, store.stamp(name), device)


def version(data: str, kind: str) -> int:
    """A number that changes whenever the user's file behind data or denoiser does; 0 where there is none."""
    stamps = _stamps(data, kind)
    return hash(tuple(stamps)) if stamps else 0


def _after(prefix: str, name: Any) -> str | None:
    return name.removeprefix(prefix) if isinstance(name, str) and name.startswith(prefix) else None


def ships(data: str) -> bool:
    """Whether a network for that preset comes with the project."""
    return data in DATASETS and (checkpoints.PRETRAINED / f"{data}.safetensors").exists()


def _title(name: str) -> str | None:
    try:
        return dataset(name).title
    except ValueError:
        return None


def _own_title(name: str) -> str:
    return f"{name} (your points)"


@lru_cache(maxsize=64)
def _drawn(text: str) -> Dataset:
    return from_points(drawing.decode(text).points(), DRAWN + text, DRAWN_TITLE)


@lru_cache(maxsize=64)
def _pointed(text: str) -> Dataset:
    return from_points(own_points.decode(text), POINTS + text)


@lru_cache(maxsize=16)
def _own(store: PointStore, plain: str, name: str, stamp: int) -> Dataset:  # noqa: ARG001 (stamp: files may change)
    return from_points(store.load(plain), OWN + name, _own_title(name))


@lru_cache(maxsize=16)
def _saved(store: ModelStore, name: str, stamp: int, device: str) -> Denoiser:  # noqa: ARG001
    return store.load(name, device)[0]
