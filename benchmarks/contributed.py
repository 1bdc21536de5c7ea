"""Schedules that people contribute, in `schedules/`: `python -m benchmarks.contributed check`, and `add` for a new one.

Every file says what its schedule is for, the command that made it, and figures that `add` has measured, those of the
baselines beside them. `check` holds every file to its form, and measures anew what a model that ships with the project
can tell within a minute; of other models it says that this was left out.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from ays_toy import checks, images, seeds
from ays_toy.exchange import reading
from ays_toy.images import digits, partial, sources
from ays_toy.images.baselines import baselines
from ays_toy.images.pipelines.models import ImageModel
from ays_toy.images.scores import FIGURES, Judge, fitting
from ays_toy.metrics import Estimate
from ays_toy.sampling.schedules import validate
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.version import __version__
from benchmarks import image_to_image

FOLDER = Path(__file__).parents[1] / "schedules"
LONGEST = 2000  # characters of what is said of a schedule
ENDS_AGREE = 1e-3  # relative: levels are written with six digits
Figures = dict[str, list[float]]  # value and standard error by name

app = typer.Typer(no_args_is_help=True)


@dataclass(frozen=True, kw_only=True)
class Contributed:
    """What a file of the set holds."""

    model: str  # the name of a bundled model, or one on the hub
    solver: str
    steps: int
    sigma_max: float
    sigma_min: float
    sigmas: list[float]  # [steps + 1]; a last jump to zero is not among them
    command: str  # that found it
    who: str
    samples: int  # behind every figure
    seed: int
    figures: Figures
    beside: dict[str, Figures]  # those of other schedules on the same noise
    version: str  # of AYS Explorer
    strength: float = 1.0  # of image to image
    note: str = ""

    def __post_init__(self) -> None:
        levels = validate(self.sigmas)
        checks.lookup(SOLVERS, self.solver, "solver")
        checks.whole_number(self.samples, "The number of samples", 40, 10_000_000)
        checks.real_number(self.strength, "The strength", partial.LEAST_STRENGTH, 1.0)
        if levels.size != checks.whole_number(self.steps, "The number of steps", 1) + 1:
            raise ValueError(f"{self.steps} steps have {self.steps + 1} levels, and there are {levels.size}.")
        if not np.allclose(levels[[0, -1]], [self.sigma_max, self.sigma_min], rtol=ENDS_AGREE):
            raise ValueError("The first and the last level must be sigma_max and sigma_min.")
        for what, said in (("model", self.model), ("command", self.command), ("who", self.who)):
            if not isinstance(said, str) or not said.strip() or len(said) > LONGEST:
                raise ValueError(f"“{what}” must say something, in at most {LONGEST:,} characters.")
        for figures in (self.figures, *self.beside.values()):
            _check_figures(figures)

    @property
    def file(self) -> str:
        """Its name: model, solver, steps and, for image to image, the strength."""
        part = "" if self.strength == 1 else f"-strength-{self.strength:g}"
        return f"{self.model.replace('/', '--')}-{self.solver}-{self.steps}{part}.json"


def _check_figures(figures: Mapping[str, Any]) -> None:
    if not figures:
        raise ValueError("A schedule needs figures, each with its standard error.")
    for name, pair in figures.items():
        checks.lookup(FIGURES, name, "figure of quality")
        value, error = pair
        checks.real_number(value, f"The {name}", 0.0, 1e9)
        checks.real_number(error, f"The standard error of the {name}", 1e-12, 1e9)


def read(path: Path) -> Contributed:
    """What a file holds; ValueError, naming the file, for what is not of the form."""
    try:
        found = Contributed(**json.loads(path.read_text(encoding="utf-8")))
        if found.file != path.name:
            raise ValueError(f"it should be called {found.file}")
        reading.read_schedule(path.read_bytes())  # as pages and commands read it
    except (TypeError, ValueError, OSError) as error:
        raise ValueError(f"{path.name}: {error}") from None
    return found


def everything(folder: Path = FOLDER) -> list[Path]:
    """The files of the set, by name."""
    return sorted(folder.glob("*.json"))


def ships(model: str) -> bool:
    """Whether what is said of that model can be measured here at once."""
    return model in digits.BUNDLED


def prepared(name: str, solver: str, steps: int, strength: float) -> ImageModel:
    """The model; for image to image over that part of its noise, from images that were held out where it has some."""
    model = images.load(name)
    if strength == 1:
        return model
    if ships(name):
        return image_to_image.on_held_out(
            model, partial.image_to_image(model, image_to_image.held_out(model), solver, steps, strength)
        )
    return partial.image_to_image(model, sources.find(model, partial.STARTS).x0, solver, steps, strength)


def measured(judge: Judge, sigmas: np.ndarray, solver: str, samples: int, without: str = "") -> Figures:
    """The figures of a schedule on the seed of reports, all but one; for image to image as a program draws it."""
    names = [name for name in fitting(judge.model.name, solver) if name != without]
    if judge.model.part is None:
        found = judge.figures(sigmas, solver, seeds.IMAGE_REPORT, samples, names)
    else:
        drawn = image_to_image.draw(judge.model, sigmas, solver, samples)
        found = {name: judge.measure(drawn, name, seeds.IMAGE_REPORT) for name in names}
    return {name: [float(f"{number:.6g}") for number in (one.value, one.stderr)] for name, one in found.items()}


def disagreements(one: Contributed) -> Iterator[str]:
    """What a measurement on the same noise tells otherwise than a file of a bundled model, beyond a standard error.

    The distance to many steps is left out: those take longer than all the rest.
    """
    judge = Judge(prepared(one.model, one.solver, one.steps, one.strength))
    if not np.allclose([judge.model.sigma_max, judge.model.sigma_min], [one.sigma_max, one.sigma_min], rtol=ENDS_AGREE):
        yield f"its range is not the model's, {judge.model.sigma_max:g} to {judge.model.sigma_min:g}"
        return
    sigmas = np.array(one.sigmas)
    sigmas[[0, -1]] = judge.model.sigma_max, judge.model.sigma_min
    for name, pair in measured(judge, sigmas, one.solver, one.samples, without="distance").items():
        if name in one.figures and abs(pair[0] - one.figures[name][0]) > one.figures[name][1]:
            yield f"{FIGURES[name].title} is {Estimate(*pair)}, and the file says {Estimate(*one.figures[name])}"


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="The set.")] = FOLDER) -> None:
    """Hold every file to its form, and measure anew what a bundled model can tell; exit with 1 for a fault."""
    table, faults = Table("file", "what was looked at"), 0
    for path in everything(folder):
        try:
            one = read(path)
            wrong = list(disagreements(one)) if ships(one.model) else []
            said = "form and figures hold" if ships(one.model) else "form holds; its model is not here"
        except ValueError as error:
            wrong = [str(error)]
        faults += bool(wrong)
        table.add_row(path.name, "; ".join(wrong) or said)
    Console(width=140).print(table)
    if faults:
        raise typer.Exit(1)


@app.command()
def add(
    schedule: Annotated[Path, typer.Argument(help="A file that holds the schedule: a list, JSON or CSV.")],
    model: Annotated[str, typer.Option(help="digits, handwritten, or a name on the hub.")],
    solver: Annotated[str, typer.Option(help=f"One of {', '.join(SOLVERS)}.")],
    command: Annotated[str, typer.Option(help="The command that found it.")],
    who: Annotated[str, typer.Option(help="Who contributes it.")],
    strength: Annotated[float, typer.Option(help="Of image to image.")] = 1.0,
    samples: Annotated[int, typer.Option(help="Samples behind every figure.")] = 1024,
    note: Annotated[str, typer.Option(help="What else there is to say.")] = "",
    folder: Annotated[Path, typer.Option(help="The set.")] = FOLDER,
) -> None:
    """Measure a schedule and the baselines on the same noise, and write its file."""
    sigmas = np.array(reading.read_schedule(schedule.read_bytes()).levels)
    judge = Judge(prepared(model, solver, sigmas.size - 1, strength))
    low, high = judge.model.sigma_min, judge.model.sigma_max
    if not np.allclose(sigmas[[0, -1]], [high, low], rtol=ENDS_AGREE):
        raise typer.BadParameter(f"The schedule must run over the model's range, {high:g} to {low:g}.")
    sigmas[[0, -1]] = high, low
    others = baselines(judge.model, sigmas.size - 1) | {
        one.name: one.sigmas for one in partial.beside(judge.model) if one.steps == sigmas.size - 1
    }
    found = Contributed(
        model=model,
        solver=solver,
        steps=sigmas.size - 1,
        strength=strength,
        sigma_max=float(f"{high:.6g}"),
        sigma_min=float(f"{low:.6g}"),
        sigmas=[float(f"{sigma:.6g}") for sigma in sigmas],
        command=command,
        who=who,
        samples=samples,
        seed=seeds.IMAGE_REPORT,
        figures=measured(judge, sigmas, solver, samples),
        beside={name: measured(judge, levels, solver, samples) for name, levels in others.items()},
        version=__version__,
        note=note,
    )
    path = folder / found.file
    path.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    Console().print(f"Written to {path}.")


if __name__ == "__main__":
    app()
