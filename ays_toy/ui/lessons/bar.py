"""The lesson bar: on top of every page, what the step says and asks, and the ways on, back and out to free play.

`begin` draws what needs nothing of the page, `ask` what is asked, once the page knows what it shows.
"""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ays_toy.lessons import prediction
from ays_toy.lessons.facts import Facts
from ays_toy.lessons.lesson import Prediction, Question
from ays_toy.lessons.place import Place
from ays_toy.ui import frame, style, terms
from ays_toy.ui.components.announce import announce
from ays_toy.ui.components.predict import predict
from ays_toy.ui.lessons import course
from ays_toy.ui.lessons.course import Given
from ays_toy.ui.whole import whole

# In the session's state, for one run.
ASKED, CONTROLS = "lesson place for what is asked", "lesson place for controls"
SAID = "lesson_said"  # the key of the feedback's container, which is read aloud when it changes
SHORT = 26  # letters of an option, up to which options stand side by side
FRAME = "{ outline: 2px solid light-dark(#A84600, #FF8A3D); outline-offset: 3px; border-radius: 2px; }"
# What the lesson says to look for, the page does not say again. A step has its few controls under its words, and
# nothing beside the page; on a phone the pages' names are there.
_ALONE = """
.stApp [data-testid="stMain"] [data-testid="stCaptionContainer"] { display: none; }
@media (min-width: 769px) {
  .stApp :is([data-testid="stSidebar"], [data-testid="stExpandSidebarButton"]) { display: none; }
}
"""
FIGURES = {  # the words of what a page shows, explained beside what there is to do with it
    "explore": "noise level σ, step, KLUB in nats, NLL, entropy, energy distance, ± (standard error)",
    "trajectories": "noise level σ, step, schedule, denoiser, trajectory",
    "optimize": "noise level σ, sweep, KLUB in nats, EDM, AYS, AYS at rest, KLUB optimum, p-optimum, energy distance",
    "beat_ays": "noise level σ, step, KLUB in nats, EDM, AYS, KLUB optimum, NLL, energy distance, ± (standard error)",
    "images": "denoiser call, Automatic choice, KLUB optimum, Time-uniform, EDM, LogSNR, Cosine, ± (standard error)",
}
# Parts with a column of their own.
COLUMNS = ("rail", "table", "findings", "more", "quality", "board", "result", "local", "distances")


def begin() -> None:
    """Draw the bar, where the session is in a lesson."""
    for place in (ASKED, CONTROLS):
        st.session_state.pop(place, None)
    now, here = course.place(), course.at_step()
    if now is None:
        return
    with st.container(key="lesson"):
        if here:
            _step(here)
        else:
            _playing(now)


def _step(now: Place) -> None:
    step, box = now.step, st.container(key="lesson_box")
    with box:
        _ways(now)
        left, right = st.columns([0.56, 0.44], gap="medium") if step.ask else (st.container(), None)
        words = f"**{step.title}{'' if step.title.endswith('?') else '.'}** {step.text}"
        left.markdown(words, help=terms.about(words, step.do))
        if step.do:
            beside = terms.about(FIGURES[step.scene.page])
            left.markdown(f":material/touch_app: **Do:** {step.do}", help=beside)
        if step.scene.controls:
            st.session_state[CONTROLS] = left.container(horizontal=True, key="lesson_controls")
        if right is not None:
            st.session_state[ASKED] = right.container(key="lesson_ask")
    _look(step.scene.look)


def place_for_controls(beside: DeltaGenerator) -> DeltaGenerator:
    """Where a page's controls go: under what a step says to do with them, or `beside` the page where it is in none."""
    place: DeltaGenerator = st.session_state.pop(CONTROLS, None) or beside
    return place


def _look(framed: str) -> None:
    """Frame what the step looks at, and leave out what it does not need."""
    rules = [f"{_part(framed)} {FRAME}"] if framed else []
    for part in course.left_out():
        whole = f", [data-testid=stColumn]:has({_part(part)})" if part in COLUMNS else ""
        rules.append(f":is({_part(part)}{whole}) {{ display: none !important; }}")
    if course.this_course().fresh:  # the last step's question stands there until the page knows what it shows
        rules.append(".st-key-lesson_ask [data-stale=true] { visibility: hidden; }")
    style.apply(f"<style>{_ALONE}{' '.join(f'.stApp {rule}' for rule in rules)}</style>", "lesson")


def _part(key: str) -> str:
    return f'[class*="st-key-{key}"]'


def _ways(now: Place) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="lesson_ways")
    lesson = now.lesson
    row.markdown(f"**{lesson.title}** :gray[· step {now.number} of {len(lesson.steps)}]", width="stretch")
    row.button(
        "Back",
        icon=":material/arrow_back:",
        key="lesson back",
        disabled=now.number == 1,
        on_click=course.go,
        args=(now.moved(-1),),
    )
    answered = now.step.ask is None or course.answered(now)
    row.button(
        "Finish" if now.last else "Next",
        icon=":material/flag:" if now.last else ":material/arrow_forward:",
        key="lesson next",
        type="primary" if answered else "secondary",
        on_click=course.finish if now.last else course.go,
        args=(now if now.last else now.moved(1),),
    )
    row.button(
        "Free play",
        icon=":material/toys:",
        key="lesson play",
        type="tertiary",
        help="All controls, on every page. The step waits as it is: one click leads back.",
        on_click=course.play,
    )


def _playing(now: Place) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", gap="small", key="lesson_ways")
    row.markdown(
        f"Free play. **{now.lesson.title}** :gray[waits at step {now.number} of {len(now.lesson.steps)}]",
        width="stretch",
    )
    row.button(
        "Back to the lesson",
        icon=":material/undo:",
        key="lesson resume",
        type="primary",
        on_click=course.resume,
    )
    row.button(
        "Leave it", icon=":material/close:", key="lesson leave", type="tertiary", on_click=course.go, args=(None,)
    )


# --- what is asked -------------------------------------------------------------------------------------------------


def ask(know: Callable[[], Facts], missing: Callable[[Facts], str] = lambda _: "") -> None:
    """Draw what the step asks, where the page is in one, and judge what was answered by what the page shows.

    `know` tells what that is, and is asked only then; `missing` says what to change where the page has not measured
    what is asked about.
    """
    place: DeltaGenerator | None = st.session_state.pop(ASKED, None)
    now = course.at_step()
    if place is None or now is None:
        return
    asked, facts = now.step.ask, know()
    with place:
        if words := missing(facts):
            frame.remark(words)
        elif isinstance(asked, Question):
            _question(now, asked, facts)
        elif isinstance(asked, Prediction):
            _prediction(now, asked, facts)


def _question(now: Place, asked: Question, facts: Facts) -> None:
    key, options, about = f"answer {now}", asked.choices(facts), terms.about(asked.text)
    with st.form(f"ask {now}", border=False, enter_to_submit=True):
        if options:
            st.radio(asked.text, options, None, key=key, horizontal=max(map(len, options)) <= SHORT, help=about)
        else:
            words = f"{asked.text} ({asked.unit})" if asked.unit else asked.text
            step, form = (None, None) if asked.tolerance else (1, "%d")  # one that is exact is counted
            st.number_input(words, value=None, step=step, format=form, key=key, help=about)
        st.form_submit_button("Check", icon=":material/check:", key="lesson check", on_click=_take, args=(now, key))
    given = course.given(now, facts.state)
    if given and given.right is None:
        given.right, given.words = asked.right(given.answer, facts), asked.why(facts)
    _say(given)


def _prediction(now: Place, asked: Prediction, facts: Facts) -> None:
    # What was revealed stays while it is true, however the learner looks around in what else was revealed.
    truth = asked.truth(facts) if course.answered(now) else None
    given = None if truth is None else course.given(now, truth.tolist())
    truth = truth if given else None
    drawn = predict(f"predict {now}", asked, truth)
    if given is None:
        st.button(
            "Reveal",
            icon=":material/visibility:",
            key="lesson reveal",
            disabled=drawn is None,
            help="Draw first." if drawn is None else None,
            on_click=course.answer,
            args=(now, ""),
        )
    elif not given.words and drawn is not None and truth is not None:
        given.right = prediction.close(asked, drawn, truth)
        given.words = f"{prediction.sentence(asked, drawn, truth)} {asked.why(facts)}"
    _say(given)


@whole
def _take(now: Place, key: str) -> None:
    if (answer := st.session_state[key]) is not None:
        course.answer(now, answer)
    else:
        st.toast("Choose or type an answer first.", icon=":material/info:")


def _say(given: Given | None) -> None:
    """Say whether an answer was right and why, or nothing yet; in a place that is there all the time, to be heard."""
    with st.container(key=SAID):
        announce(SAID)
        if given is None:
            return
        verdict = ":material/check_circle: **Right" if given.right else ":material/cancel: **Not quite"
        answer = given.answer if isinstance(given.answer, str) else f"{given.answer:g}"
        told = f": {frame.literal(answer)}" if answer else ""
        st.markdown(f"{verdict}{told}.** {given.words}", help=terms.about(given.words))
