"""The last task: data and a solver that no lesson has shown."""

import numpy as np

from ays_toy.lessons.asking import closest, figure, levels_of, sigmas_listed
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Lesson, Question, Scene, Step

NEW = {"data": "spirals", "solver": "sde-dpmpp-2m", "steps": "6"}
SIDES = ("closer to the data", "farther from the data", "level with it")


def _chosen(facts: Facts) -> np.ndarray:
    return facts.rows["ays"].schedule.sigmas[1:-1]


def _chosen_why(facts: Facts) -> str:
    levels = sigmas_listed(_chosen(facts))
    return f"AYS has its inner levels at σ = {levels}: most of them where the arms of the spirals are told apart."


def _side(facts: Facts) -> tuple[str, ...]:
    yours, ays = facts.score("yours"), facts.score("ays")
    if not yours.differs(ays):
        return (SIDES[2],)
    return (SIDES[1] if figure(facts).loss(yours) > figure(facts).loss(ays) else SIDES[0],)


def _side_why(facts: Facts) -> str:
    return f"Yours {facts.score('yours')}, AYS {facts.score('ays')}: yours is {_side(facts)[0]}."


LESSON = Lesson(
    name="transfer",
    title="A task of your own",
    minutes=5,
    idea="place steps for data and a solver that you have not seen before",
    steps=(
        Step(
            "New data, new solver",
            "Two spirals, six steps, and SDE-DPM-Solver++(2M): it adds noise, and looks back. You have seen neither. "
            "Where will the paper's search, stopped by its rule, have put its five inner levels?",
            Scene("explore", NEW | {"shown": "edm,klub-optimum,ays"}, without=("verdict", "table")),
            "put five marks on the axis, then reveal.",
            levels_of(
                "Where will AYS have its five inner levels?",
                _chosen,
                _chosen_why,
                marks=5,
                near=0.4,
                hides=("rail", "panels"),
            ),
        ),
        Step(
            "Place them",
            "Five levels of your own, judged by the energy distance of their samples. EDM, AYS and the KLUB optimum "
            "stand beside yours.",
            Scene("beat_ays", NEW | {"guess": "ays,ays"}, look="board", without=("result",)),
            "move your levels until you think that you are level with AYS, then answer.",
            Question("Compared with AYS, by energy distance, your samples are …", _side, _side_why, options=SIDES),
        ),
        Step(
            "Judge it",
            "The last look: the bound, the picture, and three schedules. You know now what each of them sees.",
            Scene(
                "explore",
                NEW | {"shown": "edm,klub-optimum,ays", "columns": "klub,energy"},
                look="table",
                without=("verdict",),
            ),
            "compare, then answer.",
            closest(
                "Which of the three comes closest to the data by energy distance?",
                misled="The least KLUB need not give the best picture.",
            ),
        ),
    ),
)
