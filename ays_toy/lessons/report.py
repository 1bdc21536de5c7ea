"""What a class gained from the lessons: answers before and after, paired by learner, with 95 % intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ays_toy.lessons import intervals, quiz
from ays_toy.lessons.answers import Student
from ays_toy.lessons.intervals import Interval

FEW = 10  # learners with both, below which the report warns


@dataclass(frozen=True)
class Question:
    """One topic: the shares that were right before and after, and the gain between them."""

    topic: str
    before: float | None
    after: float | None
    gain: Interval | None


@dataclass(frozen=True)
class Report:
    """What the answers of a class say; scores are numbers of right answers out of `questions`.

    Scores, `gain` and questions are of the learners with both sheets; where nobody has both, of the two groups, which
    are then not the same people. `normalized` is the gain as a share of what there was to gain.
    """

    before: int  # learners who answered before
    after: int
    both: int
    score_before: float | None
    score_after: float | None
    gain: Interval | None
    normalized: Interval | None
    by_question: tuple[Question, ...]
    remarks: tuple[str, ...]
    questions: int = len(quiz.TOPICS)


def report(students: Sequence[Student]) -> Report:
    """Compute the class's gain; ValueError where nobody has answered."""
    if not students:
        raise ValueError("There are no answers: name files that learners have downloaded from the Learn page.")
    right = {when: _right([one for one in students if when in one.sheets], when) for when in quiz.WHEN}
    paired = [one for one in students if quiz.WHEN.keys() <= one.sheets.keys()]
    before, after = (_right(paired, when) for when in quiz.WHEN) if paired else right.values()
    scores = [group.sum(axis=1) for group in (before, after)]
    known = all(len(group) for group in scores)
    gain = None if not known else intervals.mean(scores[1] - scores[0]) if paired else intervals.between(*scores)
    normalized = intervals.normalized(scores[0], scores[1], len(quiz.TOPICS)) if paired else None
    return Report(
        before=len(right["before"]),
        after=len(right["after"]),
        both=len(paired),
        score_before=_score(before),
        score_after=_score(after),
        gain=gain,
        normalized=normalized,
        by_question=tuple(
            _question(topic, before[:, k], after[:, k], bool(paired)) for k, topic in enumerate(quiz.TOPICS)
        ),
        remarks=tuple(_remarks(students, paired, scores)),
    )


def _right(students: Sequence[Student], when: str) -> np.ndarray:
    """Whether each learner was right in each topic: 0 or 1, [learners, topics]."""
    rows = [[one.sheets[when].right[topic] for topic in quiz.TOPICS] for one in students]
    return np.array(rows, dtype=float).reshape(len(students), len(quiz.TOPICS))


def _score(right: np.ndarray) -> float | None:
    return float(right.sum(axis=1).mean()) if len(right) else None


def _question(topic: str, before: np.ndarray, after: np.ndarray, paired: bool) -> Question:
    compared = intervals.paired_shares if paired else intervals.shares
    gain = compared(before, after) if len(before) and len(after) else None
    return Question(topic, _share(before), _share(after), gain)


def _share(right: np.ndarray) -> float | None:
    return float(right.mean()) if len(right) else None


def _remarks(students: Sequence[Student], paired: Sequence[Student], scores: Sequence[np.ndarray]) -> list[str]:
    """What to keep in mind about these figures."""
    said, alone = [], len(students) - len(paired)
    if not paired:
        said.append(
            "Nobody has answered both before and after: the gain, where there is one, is between two groups of "
            "different people."
        )
    elif alone:
        said.append(f"{_counted(alone)} answered only once and {'is' if alone == 1 else 'are'} left out of the gain.")
    if paired and len(paired) < FEW:
        said.append(f"Few learners ({len(paired)}): the interval is wide, and rests on scores being near normal.")
    forms = [[one.sheets[when].form for when in quiz.WHEN] for one in paired]
    if len({first for first, _ in forms}) == 1:
        said.append(
            "All learners had the same form first: if the second is easier or harder, that is in the gain. Let half of "
            "the class begin with form B."
        )
    if any(first == second for first, second in forms):
        said.append("Some answered the same form twice: what they remembered of it is in the gain.")
    if len(scores[1]) and (scores[1] == len(quiz.TOPICS)).mean() > 0.5:
        said.append("More than half had everything right after: what they gained beyond that cannot be seen.")
    return said


def _counted(learners: int) -> str:
    return "1 learner" if learners == 1 else f"{learners} learners"
