"""What a user keeps, by name, on disk: trained models and points. Bounded, written whole, a damaged file not fatal."""

import os
import re
import stat
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import torch

from ays_toy import serving
from ays_toy.data.datasets import from_points
from ays_toy.models import checkpoints
from ays_toy.models.checkpoints import DamagedError
from ays_toy.models.networks import MLPDenoiser
from ays_toy.models.notes import MODEL, POINTS, Check, check_notes
from ays_toy.models.people import MOST_BYTES, NOBODY, Keeper, home, kept_by_all
from ays_toy.models.training import TrainingConfig, Weights

MAX_FILES, MAX_BYTES, MAX_NAME = 50, 64 * 2**20, 40  # of each store
FEWER_FILES, FEWER_BYTES = 10, 8 * 2**20  # of each store of a nickname on a shared server
KEPT_ASIDE = 5  # damaged files, the newest
UNFINISHED_SECONDS = 3600  # after which a file that was never renamed to its own name is nobody's any more
SUFFIX = ".safetensors"
# Letters and digits of every file system, and none of the names that Windows keeps for devices.
NAME = re.compile(
    rf"(?!(?:con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9](?:[a-z0-9 _-]{{0,{MAX_NAME - 2}}}[a-z0-9_-])?", re.I | re.A
)
T = TypeVar("T")
_saving = threading.Lock()  # two sessions of one server must not both find the last place free


@dataclass(frozen=True)
class Saved:
    """One saved file: its name, its size in bytes, when it was written (nanoseconds since 1970) and what was noted."""

    name: str
    size: int
    written_ns: int
    about: dict[str, Any]


def check_name(name: Any) -> str:
    """Return a name that any file system can hold; ValueError otherwise."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(
            f"A name must be 1 to {MAX_NAME} letters, digits, spaces, - or _, a letter or digit first, no space last, "
            "and none that Windows reserves, such as CON."
        )
    return name


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder on the way to it cannot be entered
        return False


@dataclass(frozen=True)
class Store(ABC):
    """A folder of safetensors files by name, at most 50 and 64 MiB. Names that differ only in case are the same.

    Several processes may share it. What is damaged is never listed: reading it, or `tidy`, sets it aside. On a shared
    server it is that of a nickname, smaller, and only the keeper that has the nickname may change it.
    """

    what: ClassVar[str]
    inside: ClassVar[str]  # the keeper's folder
    again: ClassVar[str]  # what to do about one that is gone
    noted: ClassVar[Mapping[str, Check]]
    largest: ClassVar[int]  # bytes of one file
    folder: Path
    keeper: Keeper = NOBODY

    @classmethod
    def of(cls, keeper: Keeper) -> Self:
        """The store of a keeper; ValueError for what cannot be a nickname."""
        return cls(keeper.folder / cls.inside, keeper)

    @property
    def most(self) -> tuple[int, int]:
        """How many files it may hold, and how many bytes."""
        return (FEWER_FILES, FEWER_BYTES) if serving.current().shared else (MAX_FILES, MAX_BYTES)

    @abstractmethod
    def header(self, path: Path) -> dict[str, Any]:
        """What a file's header has noted about it, not checked; DamagedError where the header cannot be right."""

    def notes(self, path: Path) -> dict[str, Any]:
        """What was noted about a file, from its header alone; DamagedError where that cannot be right."""
        about = self.header(path)
        try:
            check_notes(about, self.noted)
        except ValueError as error:
            raise DamagedError(f"{path.name} is damaged: {error}") from error
        return about

    def list(self) -> tuple[Saved, ...]:
        """All files in order, the newest first."""
        found = []
        for path, _ in self._files():
            with suppress(DamagedError, OSError):  # set aside by `tidy`, or gone by now
                found.append(self._saved(path))
        return tuple(sorted(found, key=lambda saved: (-saved.written_ns, saved.name)))

    def tidy(self) -> tuple[str, ...]:
        """Set damaged files aside -> one sentence for each; and remove what processes left that ended amid writing."""
        sentences = [self._sentence(path.stem) for path, _ in self._files() if self._mend(path)]
        with suppress(OSError):
            for path in self.folder.glob(f".*{SUFFIX}.*"):
                with suppress(OSError):
                    if time.time() - path.stat().st_mtime > UNFINISHED_SECONDS:
                        path.unlink()
        return tuple(sentences)

    def find(self, name: str) -> Saved:
        """The file of that name; ValueError where there is none, or where it is damaged."""
        return self._read(name, self._saved)

    def stamp(self, name: str) -> int:
        """A number that changes whenever the file of that name is written anew; ValueError where there is none."""
        try:
            stats = self._path(name).stat()
        except OSError:
            raise self._missing(name) from None
        return hash((stats.st_mtime_ns, stats.st_ino, stats.st_size))

    def delete(self, name: str) -> None:
        """Remove a file; nothing happens where there is none of that name."""
        if not self.keeper.owns:
            raise ValueError(f"The {self.what} {name!r} is somebody else's: only who keeps it can delete it.")
        try:
            self._path(name).unlink(missing_ok=True)
        except NotADirectoryError:  # where the folder should be is something else, and so nothing
            return
        except OSError as error:
            raise ValueError(f"The {self.what} {name!r} could not be deleted: {error.strerror or error}.") from error

    def check(self, name: str, replace: bool = False) -> None:
        """Raise ValueError where nothing can be saved under that name: unusable, taken, or no place for another."""
        path, most = self._path(name), self.most[0]
        if not replace and _is_there(path) and not self._mend(path):
            raise ValueError(f"There is a saved {self.what} {path.stem!r} already: choose another name, or replace it.")
        if len(self._others(path)) >= most:
            raise ValueError(f"There are {most} saved {self.what}s, the most that are kept: delete one first.")

    def _others(self, path: Path) -> dict[Path, int]:
        return {other: stats.st_size for other, stats in self._files() if other.stem.lower() != path.stem.lower()}

    def _keep(self, name: str, size: int, replace: bool, write: Callable[[Path], None]) -> None:
        """Write a file of about that size; errors are those of `check`, and of a store without so much space."""
        with _saving:
            self.check(name, replace)
            path, most = self._path(name), self.most[1]
            if size + sum(self._others(path).values()) > most:
                raise ValueError(f"All saved {self.what}s may take {most / 2**20:g} MiB together: delete one first.")
            if serving.current().shared and size + kept_by_all() > MOST_BYTES:
                raise ValueError("All that is kept on this server takes as much space as it may: ask who runs it.")
            try:
                self.keeper.take()
                write(path)
            except OSError as error:
                raise ValueError(
                    f"The {self.what} could not be written ({error.strerror or error}): free some space, or set "
                    "AYS_EXPLORER_HOME to a folder that can be written to."
                ) from error

    def _read(self, name: str, read: Callable[[Path], T]) -> T:
        path = self._path(name)
        try:
            self._saved(path)
            return read(path)
        except DamagedError as error:
            self._set_aside(path)
            raise ValueError(self._sentence(path.stem)) from error
        except FileNotFoundError:
            raise self._missing(name) from None
        except OSError as error:
            raise ValueError(f"The saved {self.what} {name!r} cannot be read: {error.strerror or error}.") from error

    def _missing(self, name: str) -> ValueError:
        return ValueError(f"There is no saved {self.what} {name!r}: choose another, or {self.again}.")

    def _sentence(self, name: str) -> str:
        return f"The saved {self.what} {name!r} is damaged and was set aside: {self.again}."

    def _saved(self, path: Path) -> Saved:
        stats = path.stat()
        if stats.st_size > self.largest:
            raise DamagedError(f"{path.name} is larger than any {self.what} can be: delete it.")
        return Saved(path.stem, stats.st_size, stats.st_mtime_ns, self.notes(path))

    def _mend(self, path: Path) -> bool:
        """Set a file aside if it is damaged -> whether it was."""
        try:
            self._saved(path)
        except DamagedError:
            self._set_aside(path)
            return True
        except OSError:
            return False
        return False

    def _set_aside(self, path: Path) -> None:
        """Rename a file out of the list, and remove the oldest of those that were set aside before."""
        with suppress(OSError):  # another process was first
            path.replace(path.with_suffix(f".damaged-{time.time_ns()}"))
            aside = sorted(self.folder.glob("*.damaged-*"), key=lambda file: file.suffix)
            for file in aside[:-KEPT_ASIDE]:
                file.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        found: list[Path] = []
        with suppress(OSError):  # a folder that cannot be read holds nothing that could be shown
            found += self.folder.glob(f"*{SUFFIX}")
        for path in found:
            with suppress(OSError):  # gone since it was seen
                stats = path.stat()
                if NAME.fullmatch(path.stem) and stat.S_ISREG(stats.st_mode):
                    yield path, stats

    def _path(self, name: str) -> Path:
        """Where a name is kept, in the spelling that it was first saved with; ValueError for an unusable name."""
        exact = self.folder / f"{check_name(name)}{SUFFIX}"
        if _is_there(exact):
            return exact
        return next((path for path, _ in self._files() if path.stem.lower() == name.lower()), exact)


@dataclass(frozen=True)
class ModelStore(Store):
    """Models that the user trained."""

    what: ClassVar[str] = "model"
    inside: ClassVar[str] = "models"
    largest: ClassVar[int] = MAX_BYTES
    again: ClassVar[str] = "train it anew"
    noted: ClassVar[Mapping[str, Check]] = MODEL
    folder: Path = field(default_factory=lambda: home() / ModelStore.inside)

    def header(self, path: Path) -> dict[str, Any]:
        """What was noted about a model whose configuration can be right."""
        return checkpoints.read_config(path)[1]

    def save(self, name: str, weights: Weights, config: TrainingConfig, *, replace: bool = False, **about: Any) -> None:
        """Keep a model, with notes about it; ValueError for a name that is unusable or taken, and in a full store."""
        check_notes(about, self.noted)
        size = 4 * sum(value.numel() for value in weights.values())
        self._keep(name, size, replace, lambda path: checkpoints.save(path, weights, config, **about))

    def load(self, name: str, device: str = "cpu") -> tuple[MLPDenoiser, TrainingConfig, dict[str, Any]]:
        """The denoiser of that name, its configuration and notes; ValueError where it is missing or damaged."""
        return self._read(name, lambda path: checkpoints.load(path, device))


@dataclass(frozen=True)
class PointStore(Store):
    """Points of the user's own."""

    what: ClassVar[str] = "data set"
    inside: ClassVar[str] = "points"
    largest: ClassVar[int] = 2**20
    again: ClassVar[str] = "add it anew"
    noted: ClassVar[Mapping[str, Check]] = POINTS
    folder: Path = field(default_factory=lambda: home() / PointStore.inside)

    def header(self, path: Path) -> dict[str, Any]:
        """What was noted about the points."""
        return checkpoints.read_notes(path)["about"]

    def save(self, name: str, points: Any, *, replace: bool = False, **about: Any) -> None:
        """Keep points [N, 2] under a name; ValueError as `datasets.from_points`, and as `ModelStore.save`."""
        from_points(points)
        tensor = torch.tensor(np.asarray(points, dtype=np.float64))
        about = {"points": len(tensor), **about}
        check_notes(about, self.noted)
        self._keep(name, 8 * tensor.numel(), replace, lambda path: checkpoints.write(path, {"x": tensor}, about=about))

    def load(self, name: str) -> np.ndarray:
        """The points [N, 2] of that name; ValueError where they are missing or damaged."""
        return self._read(name, _points)


def _points(path: Path) -> np.ndarray:
    try:
        points = checkpoints.read_tensors(path)["x"].double().numpy()
        from_points(points)
    except (KeyError, ValueError) as error:
        raise DamagedError(f"{path.name} holds no points.") from error
    return points


K = TypeVar("K", bound=Store)


def split(kind: type[K], name: str) -> tuple[K, str]:
    """The store that holds a name of the catalog, and its name there: NICKNAME/NAME where there are nicknames."""
    if not serving.current().shared:
        return kind.of(NOBODY), name
    nickname, _, plain = name.rpartition("/")
    return kind.of(Keeper(nickname)), plain
