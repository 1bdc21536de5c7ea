"""Finding schedules: the paper's search, the exact programme, the choice and its refinement, other papers' ways."""

from ays_toy.optimize.candidates import Candidate, blend
from ays_toy.optimize.choose import NEAR, WIDE, Choice, Plan, Subject, choices, choose, ode_title
from ays_toy.optimize.costs import Costs, GaussianCosts, GramCosts, MonteCarloCosts
from ays_toy.optimize.exact import exact_schedules, ode_schedules, off_grid, optimum
from ays_toy.optimize.points import Points
from ays_toy.optimize.refine import Effort, Refined, refine
from ays_toy.optimize.rivals import RIVALS, Given, Needs, Rival
from ays_toy.optimize.search import Searched, align_your_steps, coordinate_search, refine_search, stopped_search
from ays_toy.optimize.stopping import EarlyStopping, Score, sample_score
from ays_toy.optimize.sweep import Sweep

__all__ = [
    "NEAR",
    "RIVALS",
    "WIDE",
    "Candidate",
    "Choice",
    "Costs",
    "EarlyStopping",
    "Effort",
    "GaussianCosts",
    "Given",
    "GramCosts",
    "MonteCarloCosts",
    "Needs",
    "Plan",
    "Points",
    "Refined",
    "Rival",
    "Score",
    "Searched",
    "Subject",
    "Sweep",
    "align_your_steps",
    "blend",
    "choices",
    "choose",
    "coordinate_search",
    "exact_schedules",
    "ode_schedules",
    "ode_title",
    "off_grid",
    "optimum",
    "refine",
    "refine_search",
    "sample_score",
    "stopped_search",
]
