"""What a lesson is made of: steps, each with a scene to look at and at most one thing to answer. Data, no screen.

The right answer to a question is computed from what the page shows when it is asked, so it stays right when the
learner has changed something.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ays_toy.lessons.facts import Facts

MOST_CONTROLS = 4  # that a scene leaves visible
SAME = 1e-9  # of a number that is given exactly


@dataclass(frozen=True)
class Scene:
    """Where a step is set: a page by the name in its address, and what its address would say.

    Fields of the page that `state` does not name are at their defaults. `controls` are the fields whose widgets stay
    visible, `look` the key of what is framed, as in the class `st-key-…`, and `without` the keys of parts of the page
    that the step does not need and leaves out. `keeps` are the fields that stay as the step before left them.
    """

    page: str
    state: Mapping[str, str] = field(default_factory=dict)
    controls: tuple[str, ...] = ()
    look: str = ""
    without: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """A question with one choice among options, or with a number as its answer.

    `answer` gives every option that is right (more than one where they cannot be told apart), or the number;
    `why` one sentence that says what is right and why. Both see what the page shows.
    """

    text: str
    answer: Callable[[Facts], tuple[str, ...] | float]
    why: Callable[[Facts], str]
    options: tuple[str, ...] | Callable[[Facts], tuple[str, ...]] = ()  # none: a number
    unit: str = ""
    tolerance: float = 0.1  # of a number, as a share of it

    def choices(self, facts: Facts) -> tuple[str, ...]:
        """The options, as they are now."""
        return self.options(facts) if callable(self.options) else self.options

    def right(self, given: str | float, facts: Facts) -> bool:
        """Whether an answer is right for what the page shows."""
        answer = self.answer(facts)
        if isinstance(answer, tuple):
            return given in answer
        return isinstance(given, int | float) and abs(given - answer) <= self.tolerance * abs(answer) + SAME


@dataclass(frozen=True)
class Axis:
    """An axis to draw on; on a logarithmic one both ends are positive. It runs from `start` to `end`."""

    title: str
    start: float
    end: float
    log: bool = False


@dataclass(frozen=True)
class Prediction:
    """Something to draw on axes before it is revealed.

    levels: `marks` places on the x axis; curve: y at every one of `marks` places spread evenly along x, both ends
    among them; stop: one place on the x axis. `truth` gives what is revealed, [marks] or [1], from what the page
    shows; `near` is the distance (see `prediction.py`) up to which a drawing counts as close. `hides` are the keys of
    parts of the page that would give it away, left out until then.
    """

    kind: Literal["levels", "curve", "stop"]
    text: str
    truth: Callable[[Facts], np.ndarray]
    why: Callable[[Facts], str]
    x: Axis
    y: Axis | None = None
    marks: int = 1
    near: float = 0.25
    hides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step: what is said, at most 60 words with what to do, the scene, and what is asked in the end."""

    title: str
    text: str
    scene: Scene
    do: str = ""
    ask: Question | Prediction | None = None


@dataclass(frozen=True)
class Lesson:
    """A lesson by the name that links use, its title, its minutes, and in one sentence what one can do after it."""

    name: str
    title: str
    minutes: int
    idea: str
    steps: tuple[Step, ...]
