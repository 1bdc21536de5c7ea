"""A place in the lessons, and its name in a link: 'klub-as-area.3' is the third step of that lesson."""

from dataclasses import dataclass, replace

from ays_toy.checks import lookup, whole_number
from ays_toy.lessons import LESSONS
from ays_toy.lessons.lesson import Lesson, Step

DIGITS = 3  # of a step's number
FREE = "free"  # the learner has left the step to play, and can come back to it


@dataclass(frozen=True)
class Place:
    """A step of a lesson, numbered from 1, and whether the learner plays freely meanwhile."""

    lesson: Lesson
    number: int
    free: bool = False

    @property
    def step(self) -> Step:
        """The step itself."""
        return self.lesson.steps[self.number - 1]

    @property
    def last(self) -> bool:
        """Whether it is the lesson's last step."""
        return self.number == len(self.lesson.steps)

    @property
    def at_step(self) -> "Place":
        """The same, not playing."""
        return replace(self, free=False)

    def moved(self, by: int) -> "Place":
        """The place so many steps on, within the lesson."""
        return Place(self.lesson, min(max(1, self.number + by), len(self.lesson.steps)))

    def __str__(self) -> str:
        return f"{self.lesson.name}.{self.number}" + (f".{FREE}" if self.free else "")


def read(text: str) -> Place:
    """The place of that name; ValueError where there is no such lesson or step."""
    name, *rest = text.split(".")
    lesson = lookup(LESSONS, name, "lesson")
    if len(rest) > 2 or rest[1:] not in ([], [FREE]):
        raise ValueError(f"A place in a lesson is its name and a step, such as {name}.1.")
    said = rest[0] if rest else "1"
    number = int(said) if said.isascii() and said.isdigit() and len(said) <= DIGITS else said
    return Place(lesson, whole_number(number, "The step of the lesson", 1, len(lesson.steps)), rest[1:] == [FREE])
