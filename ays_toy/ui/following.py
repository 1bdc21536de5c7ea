"""What the browser is told before anything is computed: what was chosen, and where the sliders lead it."""

import time
from collections.abc import Callable, Mapping

from ays_toy import names
from ays_toy.runs.comparison import Model
from ays_toy.runs.every_length import every_length
from ays_toy.runs.outcomes import truth
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import compute, findings, gallery, record
from ays_toy.ui.components.exchange import mark
from ays_toy.ui.components.follow import WEIGHTED, Following, Led, Lengths, Priced
from ays_toy.ui.components.rail import Table
from ays_toy.ui.kept import kept
from ays_toy.ui.view import POWERS, ComparedView

HEAD_START = 0.4  # seconds


def head_start(told: Following | None) -> Callable[[], None]:
    """Note what the browser has just been told -> wait, before figures, until it has had time to draw that.

    It draws pictures and figures in one thread, and figures take it longer. There is nothing to wait for where it has
    no figure to draw over, or the same as before.
    """
    session, drawn = record.this_session(), told.view if told else None
    other = None not in (session.drawn, drawn) and session.drawn != drawn
    session.drawn, end = drawn, time.monotonic() + HEAD_START

    def wait() -> None:
        if other:
            time.sleep(max(0.0, end - time.monotonic()))

    return wait


def to_come(meta: list[float | str | None]) -> list[float | str | None]:
    """The same of a figure that has no pictures yet: those of the browser stay over it."""
    return [*meta, "to come"]


def sliders(view: ComparedView) -> list[float | None]:
    """Where *Steps* and *Power* stand; None for one that moves nothing that is shown."""
    return [view.steps, view.power if WEIGHTED in view.shown else None]


def meta(view: ComparedView, own: Schedule | None) -> list[float | str | None]:
    """What a figure of schedules says that it shows: where the sliders stood, and everything else in one mark."""
    return [*sliders(view), _marked(view, own)]


def _marked(view: ComparedView, own: Schedule | None) -> str:
    return mark(view.chosen_model, view.solver, view.seed, _panels(view), own and own.levels)


def pictures(view: ComparedView, own: Schedule | None, within: str, rail: str) -> Following | None:
    """The pictures in the container `within` and the figure `rail` as they go before Python's.

    `own` was brought, and stands last. None where a browser is too slow for the model.
    """
    model, panels = view.chosen_model, _panels(view)
    if (live := gallery.live(view, within)) is None:
        return None
    led = Led(panels, _unpriced(view, panels))
    return Following(live, led, _marked(view, own), mark(model), truth(model).shades, rail, own)


def priced(view: ComparedView) -> Priced:
    """What the model's pass adds to them."""
    model, panels = view.chosen_model, _panels(view)
    return Priced(mark(model), _table(model), Led(panels, _optima(model, panels)))


def led_to(view: ComparedView) -> Led:
    """Where the sliders lead the schedules shown."""
    panels = _panels(view)
    return Led(panels, {**_unpriced(view, panels), **_optima(view.chosen_model, panels)})


def _panels(view: ComparedView) -> dict[str, str]:
    """The titles of the schedules shown, by name."""
    shown = list(view.names)
    if WEIGHTED in view.shown and "klub-optimum" not in view.shown:
        shown = [WEIGHTED if name == "klub-optimum" else name for name in shown]  # which is what it is at p = 3
    return {name: names.title(name) for name in shown}


def _unpriced(view: ComparedView, panels: Mapping[str, str]) -> dict[str | float, Lengths]:
    """Levels of schedules that no pass is needed for; of a search also what somebody has had it find."""
    model, solver, levels = view.chosen_model, view.solver, dict[str | float, Lengths]()
    for name in panels:
        if name in names.BASELINES:
            levels[name] = _lengths(model, name, "")
        elif name in names.QUEUED:
            levels[name] = {**_lengths(model, name, solver), **findings.found(model, name, solver)}
    return levels


def _optima(model: Model, panels: Mapping[str, str]) -> dict[str | float, Lengths]:
    """Levels of the optima, of the weighted one by its power, and of comparators that need a pass."""
    levels = dict[str | float, Lengths]()
    for name in panels:
        if name == WEIGHTED:
            levels |= {power: _lengths(model, name, "", power) for power in POWERS}
        elif name == "klub-optimum" or (name in names.RIVALS and name not in names.QUEUED):
            levels[name] = _lengths(model, name, "")
    return levels


@kept(32)
def _table(model: Model) -> Table:
    return Table.of(compute.gram(model), names.KLUB_POWER, ())


@kept(512)
def _lengths(model: Model, name: str, solver: str, power: float = names.KLUB_POWER) -> Lengths:
    passed, walked = (None, None) if name in names.QUEUED else findings.passes(model, name)
    return every_length(model, passed, name, solver, power, walked)
