"""Beat AYS: place the noise levels by hand, and see what that does to the bound and to the picture."""

from functools import partial

import streamlit as st

from ays_toy.ui import coming, controls, findings, gallery, in_numbers, terms, view
from ays_toy.ui.beat_ays import board, contest, guess
from ays_toy.ui.lessons import bar, course

state = view.show(
    contest.ChallengeView,
    *controls.WHAT,
    board.bring_attempt,
    board.weight,
    board.metric,
    controls.noise_range,
    controls.new_noise,
    before=contest.take_in,
    settle=contest.settle,
)

st.markdown(f"### Beat AYS: where would you put the noise levels of {state.steps} steps?")
terms.caption(
    f"Every step adds its patch to **{state.cost}**{contest.meaning(state)}: make the patches small, then see whether "
    "the picture agrees. The address holds your attempt.",
    *contest.words_beside(state),
)
left, right = st.columns([0.64, 0.36], gap="medium")
with left:
    place = gallery.reserved("board_box", 390)
pictures = gallery.reserved(board.PANELS, 300)
terms.caption(
    "**Look for** missing, smeared or uneven modes; 20,000 samples each, from the same noise, on one color scale.",
    *gallery.WORDS,
)
standing = st.empty() if course.at_step() else gallery.reserved("finding_attempt", 24)

with place:
    board.board(state)
with right:
    board.numbers(state)
    result = st.container(key="result")
with result:
    shown = guess.shown(state)
tried = guess.tried(state)
outcomes = findings.begin(state, {**shown, **tried}, later=tried, pictured={**shown, **tried})
missing = coming.after_a_moment(outcomes[name] for name in (*shown, "data"))
samples = guess.samples(state, shown, outcomes)
gallery.show(pictures, state.chosen_model, samples, meta=guess.meta(state, missing), whole=not missing, opens=True)
rows = guess.measured(state, {**shown, **tried}, outcomes)
those_shown = {name: rows[name] for name in shown}
if not course.at_step():
    found = guess.standing(state, rows)
    standing.markdown(found, help=terms.about(found))
with result:
    if contest.revealed(state):
        guess.lesson(state, rows)
    else:
        guess.ask(state)
bar.ask(partial(guess.facts, state, those_shown))
with st.container(key="scores_box"):
    guess.scores_table(state, rows)
    terms.caption(
        f"Your attempts in this session, latest first; ± is one standard error. {guess.floor(state, rows)}",
        *(one.title for one in shown.values()),
    )
if not course.at_step():
    in_numbers.show(lambda: [guess.in_numbers(state, those_shown)])
coming.follow(missing, coming.unmeasured(rows, outcomes))
