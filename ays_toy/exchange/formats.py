"""The forms in which a schedule is taken away: an entry each, for pages and commands alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ays_toy.estimates import Measured
from ays_toy.exchange import export
from ays_toy.exchange.diffusers_code import as_diffusers
from ays_toy.exchange.workflow import as_workflow
from ays_toy.images.pipelines.models import ImageModel


@dataclass(frozen=True, eq=False)
class Taken:
    """A schedule with its price, what it is for, and what else a file may say of it."""

    found: Measured
    solver: str
    model: ImageModel | None = None  # none: of points, or of any model
    final_zero: str = "replace"
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sigmas(self) -> Any:
        """Its noise levels [n+1]."""
        return self.found.schedule.sigmas


@dataclass(frozen=True)
class Format:
    """A form: its title, its files' suffix and type, what it looks like, and whether it ends at noise zero."""

    title: str
    suffix: str
    mime: str
    text: Callable[[Taken], str]
    ends_in_zero: bool = False
    tells_zero: bool = True  # where it ends in one: whether that is in the list, or the tool's own
    language: str | None = None  # of the text, to color it by
    slow: bool = False  # it is held to diffusers first, which takes seconds to load
    of_images: bool = False  # it says nothing without a model of images

    def counting(self, taken: Taken) -> str:
        """One sentence on how many numbers are how many steps."""
        if self.ends_in_zero:
            return export.counting(taken.sigmas, export.ending(taken.model, taken.final_zero), self.tells_zero)
        levels = taken.sigmas.size
        return f"{levels} noise levels for {export.steps(levels - 1)}; a final jump to zero is not counted."


FORMATS: dict[str, Format] = {
    "diffusers": Format(
        "diffusers",
        "py",
        "text/x-python",
        lambda one: as_diffusers(one.sigmas, one.model, solver=one.solver, final_zero=one.final_zero),
        ends_in_zero=True,
        language="python",
        slow=True,
    ),
    "comfyui": Format(
        "ComfyUI",
        "txt",
        "text/plain",
        lambda one: export.as_comfyui(one.sigmas, one.model, final_zero=one.final_zero),
        ends_in_zero=True,
    ),
    "workflow": Format(
        "ComfyUI workflow",
        "workflow.json",
        "application/json",
        lambda one: as_workflow(one.sigmas, one.model, solver=one.solver, final_zero=one.final_zero),
        ends_in_zero=True,
        language="json",
        of_images=True,
    ),
    "sdnext": Format(
        "SD.Next",
        "timesteps.txt",
        "text/plain",
        lambda one: export.as_sdnext(one.sigmas, one.model, final_zero=one.final_zero),
        ends_in_zero=True,
        tells_zero=False,
        of_images=True,
    ),
    "webui": Format(
        "A1111, Forge",
        "webui.txt",
        "text/plain",
        lambda one: export.as_webui(one.sigmas, one.model, final_zero=one.final_zero),
        ends_in_zero=True,
        tells_zero=False,
        of_images=True,
    ),
    "json": Format(
        "JSON",
        "json",
        "application/json",
        lambda one: export.as_json(
            one.sigmas, method=one.found.title, klub=one.found.klub, solver=one.solver, **one.about
        ),
    ),
    "csv": Format("CSV", "csv", "text/csv", lambda one: export.as_csv(one.sigmas)),
}


def by_suffix(name: str) -> Format:
    """The form of a file of that name; ValueError listing the endings otherwise."""
    endings = {f".{one.suffix}": one for one in FORMATS.values()}
    for ending, one in sorted(endings.items(), key=lambda pair: -len(pair[0])):  # .json is the end of others
        if name.endswith(ending):
            return one
    raise ValueError(f"The schedule's file must end in {', '.join(endings)}, not {name!r}.")
