"""The six questions before and after the lessons: two forms that ask the same in other words, with right answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from ays_toy import checks

WHEN = {"before": "Before the lessons", "after": "After the lessons"}
UNSURE = "I do not know yet"  # the last option of every question, so that nobody has to guess


@dataclass(frozen=True)
class Topic:
    """What a question of either form tests, the sentence that answers it, and the lesson that it is from."""

    tests: str
    why: str
    lesson: str


@dataclass(frozen=True)
class Item:
    """One question: its text, the options but for `UNSURE`, and the number of the right one from 0."""

    text: str
    options: tuple[str, ...]
    right: int

    @property
    def choices(self) -> tuple[str, ...]:
        """All that can be answered."""
        return (*self.options, UNSURE)


TOPICS: Mapping[str, Topic] = {
    "schedule": Topic(
        "What a schedule is",
        "A schedule is a descending list of noise levels, one more than there are steps: between two neighbors the "
        "sampler takes one step.",
        "what-a-sampler-does",
    ),
    "few-steps": Topic(
        "Why few steps go wrong",
        "A step holds on to the denoiser's answer from its start; over a long step that answer, an average of all that "
        "still seems possible, is out of date.",
        "why-few-steps-fail",
    ),
    "klub": Topic(
        "What KLUB is",
        "KLUB bounds how far the distribution of whole sampling paths is from the true one; each step adds the area "
        "that comes from holding the denoiser's answer.",
        "klub-as-area",
    ),
    "klub-optimum": Topic(
        "Why the optimum of KLUB is not the best picture",
        "KLUB bounds the error of whole paths and weighs fine detail most, so the schedule that makes it least can "
        "spread the samples unevenly.",
        "your-own-steps",
    ),
    "search": Topic(
        "What the paper's search does, and why it is stopped",
        "Every sweep moves the levels one by one to lower KLUB alone; past some sweep KLUB still falls while held-out "
        "samples get worse, and there it is stopped.",
        "why-stop",
    ),
    "solvers": Topic(
        "Why solvers want different schedules",
        "Solvers use the denoiser's answers in different ways, so they err at different noise levels, and need their "
        "steps there.",
        "solvers-differ",
    ),
}

FORMS: Mapping[str, Mapping[str, Item]] = {
    "A": {
        "schedule": Item(
            "What does a sampling schedule say?",
            (
                "How strongly the network has been trained at each noise level",
                "How long each call of the denoiser may take",
                "At which noise levels the sampler stands, from high to low",
                "How many samples are drawn at once",
            ),
            2,
        ),
        "few-steps": Item(
            "Why do samples get worse when a sampler takes only a few steps?",
            (
                "Each step holds on to one answer of the denoiser too long",
                "Less noise is removed in all, so some of it is left in the samples",
                "The denoiser has only learned to work with many steps",
                "With few steps the sampler has to start from weaker noise",
            ),
            0,
        ),
        "klub": Item(
            "What does KLUB measure?",
            (
                "How far each sample lies from the nearest point of the data",
                "How well the network has learned to denoise, over all noise levels",
                "How many denoiser calls a schedule needs to reach the data",
                "A bound on how far the sampling paths are from the true ones",
            ),
            3,
        ),
        "klub-optimum": Item(
            "A schedule has the least KLUB of all, and yet its picture is not the best. Why can that be?",
            (
                "A lower KLUB means a looser bound on the paths, so the picture at the end has to be worse",
                "It weighs fine detail along the paths over how samples are spread",
                "KLUB looks at the first step alone, the picture at all of them",
                "It cannot be: the least KLUB always gives the best picture",
            ),
            1,
        ),
        "search": Item(
            "What does the paper's search do, and when should it stop?",
            (
                "It trains the denoiser for the chosen levels, until the loss no longer falls",
                "It moves one level after another to lower KLUB, until that begins to rise in every further sweep",
                "It moves one level after another to lower KLUB, until held-out samples are no better",
                "It tries random lists of levels, until one of them beats all baselines",
            ),
            2,
        ),
        "solvers": Item(
            "Why can one solver need other noise levels than another?",
            (
                "Each makes its errors at other noise levels",
                "Each comes with a denoiser of its own, trained for it",
                "Each starts from other noise, and so ends at other data",
                "None does: which levels are best depends on the data alone",
            ),
            0,
        ),
    },
    "B": {
        "schedule": Item(
            "A sampler takes 8 steps. What is in its schedule?",
            (
                "9 noise levels, in descending order",
                "8 pictures, from the noisiest to the clean one",
                "8 networks, one for each step",
                "9 learning rates, one for each level of the noise",
            ),
            0,
        ),
        "few-steps": Item(
            "One step goes from noise level 5 down to 0.1, on data with several modes. What goes wrong?",
            (
                "It removes only a part of the noise, and the rest of it stays in the sample",
                "The denoiser gives no answer at a noise level as high as 5",
                "It costs more denoiser calls than several smaller steps",
                "It heads for the average of all modes still possible at 5",
            ),
            3,
        ),
        "klub": Item(
            "KLUB is drawn as an area, in patches. What is one patch?",
            (
                "The share of all samples that in the end lie in one mode",
                "What one step adds to a bound on the error of paths",
                "The noise that one step takes out of the samples",
                "The time that one call of the denoiser takes",
            ),
            1,
        ),
        "klub-optimum": Item(
            "You move some levels: KLUB falls from 12 to 9 nats, and the samples get worse. What is true?",
            (
                "One of the two figures has to be wrong: both measure the samples",
                "The samples are better, and the eye is misled by chance",
                "KLUB bounds the error of paths, and promises no better samples",
                "KLUB cannot fall while the number of steps stays the same",
            ),
            2,
        ),
        "search": Item(
            "The paper's search has made 12 sweeps. KLUB fell in each; held-out samples were best after sweep 5. Which "
            "schedule do you take?",
            (
                "That of sweep 12: lower KLUB is what the search is for, and its levels are the best",
                "That of sweep 5: levels move to lower KLUB, which then stopped helping the samples",
                "That of the start: KLUB and samples disagree, so the search has failed",
                "The average of all 12: the sweeps are repeated draws of one schedule",
            ),
            1,
        ),
        "solvers": Item(
            "Stochastic-DDIM samples best with one schedule. Will DPM-Solver++(2M) be best with the same one?",
            (
                "Yes: a schedule belongs to the denoiser, whatever solver uses it",
                "Yes, as long as both solvers start from the same noise",
                "No: a solver of second order always needs twice as many levels",
                "Not in general: it errs at other noise levels",
            ),
            3,
        ),
    },
}


def items(form: str) -> Mapping[str, Item]:
    """The questions of a form by topic; ValueError where there is no such form."""
    return checks.lookup(FORMS, form, "form of the quiz")


def marked(form: str, answers: Mapping[str, int | None]) -> dict[str, bool]:
    """Whether each topic of the form was answered right; what was left out, or answered `UNSURE`, was not."""
    return {topic: answers.get(topic) == item.right for topic, item in items(form).items()}


def other(form: str) -> str:
    """The form that asks the same in other words."""
    return next(name for name in FORMS if name != form)
