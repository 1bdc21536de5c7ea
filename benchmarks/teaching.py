"""The teaching notes, from their template: `python -m benchmarks.teaching [--folder DIR]`.

Writes docs/teaching.md: every figure in docs/teaching.template.md is computed here, and is what the address beside it
shows. To be run again, and the notes read, whenever a figure of the app changes: its test says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from ays_toy.estimates import Estimate, Measured
from ays_toy.lessons import why_stop
from ays_toy.lessons.solvers_differ import NETWORK
from ays_toy.lessons.why_few_steps_fail import GRID
from ays_toy.metrics import METRICS
from ays_toy.runs import challenge, finding, shipped, shipped_searches, verdicts
from ays_toy.runs.comparison import Model
from ays_toy.runs.live_search import SearchConfig
from ays_toy.sampling import schedules
from ays_toy.sampling.samplers import denoiser_calls
from ays_toy.sampling.solvers import SOLVERS
from ays_toy.words import listed

FOLDER = Path(__file__).parent.parent / "docs"
TEMPLATE, NOTES = "teaching.template.md", "teaching.md"
SOLVER = "stochastic-ddim"
ENERGY = METRICS["energy"]
Said = Iterator[tuple[str, object]]  # names in the template with what stands for them


def compared(model: Model, steps: int, which: Sequence[str], solver: str = SOLVER) -> dict[str, Measured]:
    """Schedules by name with KLUB, energy distance and modes found, as Explore has them; fresh data as 'data'."""
    rows = finding.compare(model, solver, steps, metrics=("energy", "coverage"), which=which)
    return {row.schedule.name: row for row in rows}


def energy(row: Measured) -> Estimate:
    """The energy distance of a row's samples."""
    return row.metrics[ENERGY.name]


def nats(row: Measured) -> str:
    """The KLUB of a row, as the figure's legend has it."""
    return str(row.klub)


def sampler() -> Said:
    """What a sampler does, on one Gaussian."""
    steps = 8
    yield "sampler_steps", steps
    yield "sampler_levels", steps + 1
    yield "sampler_top", f"{schedules.edm(steps)[0]:g}"
    yield "sampler_bottom", f"{schedules.edm(steps)[-1]:g}"
    yield "sampler_edm", f"{schedules.edm(steps)[1]:.3g}"
    yield "sampler_logsnr", f"{schedules.logsnr(steps)[1]:.3g}"
    yield "sampler_heun", denoiser_calls("heun", steps)


def few_steps() -> Said:
    """Why few steps fail, on the sixteen modes of that lesson."""
    model, which = Model(GRID["data"]), GRID["shown"].split(",")
    many, few = compared(model, 40, which), compared(model, 6, which)
    modes = len(model.dataset.mixture.weights)
    for short, name in (("edm", "edm"), ("gaussian", "gaussian"), ("klub", "klub-optimum"), ("fresh", "data")):
        yield f"many_{short}", energy(many[name])
    told = [many[name].title for name in which if energy(many[name]).differs(energy(many["data"]))]
    verdict = f"{listed(told)} can be told from the data, the rest cannot." if told else "None can be told from them."
    yield "many_verdict", verdict
    yield "modes", modes
    for short, name in (("edm", "edm"), ("gaussian", "gaussian"), ("klub", "klub-optimum")):
        yield f"few_{short}_modes", round(few[name].metrics["coverage"].value * modes)
    yield "few_landing", f"{few['klub-optimum'].schedule.sigmas[1]:.2g}"
    yield "few_spacing", f"{verdicts.spacing(model.dataset.mixture.means):.2g}"


def area() -> Said:
    """KLUB as an area, on one Gaussian."""
    model = Model("gaussian")
    rows = compared(model, 4, ("edm", "logsnr"))
    klub, sigmas = rows["logsnr"].klub, rows["logsnr"].schedule.sigmas
    assert klub is not None
    k = int(np.argmax(klub.terms))
    yield "area_logsnr", nats(rows["logsnr"])
    yield "area_edm", nats(rows["edm"])
    yield from {"area_step": k + 1, "area_from": f"{sigmas[k]:.3g}", "area_to": f"{sigmas[k + 1]:.3g}"}.items()
    yield "area_term", f"{klub.terms[k]:.3g}"
    yield "area_short", f"{klub.value:.3g}"
    gram = model.collect()
    for n in (8, 20):
        yield f"area_{n}", f"{gram.klub(schedules.logsnr(n)):.3g}"
    least = compared(model, 8, ("logsnr", "klub-optimum"))
    for short, name in (("logsnr", "logsnr"), ("klub", "klub-optimum")):
        yield f"least_{short}", nats(least[name])
        yield f"least_{short}_energy", energy(least[name])
    yield "least_verdict", best({name: least[name] for name in ("logsnr", "klub-optimum")})


def contest() -> Said:
    """Beat AYS with four steps on a ring."""
    model, steps = Model("ring-8"), 4
    gram, ays = model.collect(), shipped.find(model, SOLVER, steps, "ays")
    assert ays is not None
    least = challenge.least_costs(gram, 3.0)[steps - 1]
    starts = challenge.start(steps, model.sigma_max, model.sigma_min)
    for short, sigmas in (("start", starts), ("ays", ays.sigmas), ("edm", schedules.edm(steps))):
        yield f"contest_{short}", challenge.times(gram.klub(sigmas) / least).removesuffix("×")
    rows = finding.compare(model, SOLVER, steps, metrics=["energy"], which=("edm", "klub-optimum"), brought=[ays])
    known = {row.schedule.name: row for row in rows if row.klub}
    for short, name in (("ays", "ays"), ("edm", "edm"), ("klub", "klub-optimum")):
        yield f"contest_{short}_energy", energy(known[name])
    yield "contest_verdict", best(known)


def search() -> Said:
    """The paper's search as it ships, on the data of the lesson why to stop."""
    found = shipped_searches.find(SearchConfig(Model(why_stop.GRID["data"])))
    assert found is not None
    stop, last = found.sweeps[found.stop or 0], found.sweeps[-1]
    assert stop.score is not None
    assert last.score is not None
    yield "search_first", f"{found.sweeps[0].klub.value:.3g}"
    yield "search_last", f"{last.klub.value:.3g}"
    yield "search_sweeps", last.index
    yield "search_stop", stop.index
    yield "search_stop_energy", stop.score
    yield "search_last_energy", last.score
    worse = last.score.exceeds(stop.score)
    yield "search_verdict", "Less KLUB, and a worse picture." if worse else "The two agree within their error bars."


def solvers() -> Said:
    """Another solver, on the network of that lesson."""
    model, which = Model.current(NETWORK["data"], NETWORK["model"]), NETWORK["shown"].split(",")
    for short, solver in (("sde", SOLVER), ("2m", "dpmpp-2m")):
        rows = compared(model, 6, which, SOLVERS[solver].name)
        scores = {name: energy(rows[name]) for name in which}
        leaders = ENERGY.leaders(scores)
        yield f"solver_{short}_best", listed([f"{rows[name].title} ({scores[name]})" for name in leaders])
        yield f"solver_{short}_quadratic", scores["time-quadratic"]


def best(rows: Mapping[str, Measured]) -> str:
    """Who is closest to the data by energy distance, and who cannot be told apart from that."""
    first, *level = ENERGY.leaders({name: energy(row) for name, row in rows.items()})
    if not level:
        return f"{rows[first].title} is ahead by more than chance explains."
    return f"{listed([rows[name].title for name in (first, *level)])} cannot be told apart."


PARTS = (sampler, few_steps, area, contest, search, solvers)


def written() -> str:
    """The notes, every figure computed anew."""
    said = {name: str(value) for part in PARTS for name, value in part()}
    return (FOLDER / TEMPLATE).read_text(encoding="utf-8").format_map(said)


def main(folder: Annotated[Path, typer.Option(help="Where the notes go.")] = FOLDER) -> None:
    """Compute the figures and write the notes."""
    (folder / NOTES).write_text(written(), encoding="utf-8")
    Console().print(f"{folder / NOTES}")


if __name__ == "__main__":
    typer.run(main)
