"""The pieces of the page of one's own data: three ways in, samples at once, and where to go from there."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from ays_toy import names, optimize
from ays_toy.checks import SIGMA_DATA
from ays_toy.data import ink, own_image
from ays_toy.metrics import METRICS
from ays_toy.models import catalog
from ays_toy.models.people import Keeper
from ays_toy.models.store import PointStore, Saved
from ays_toy.pricing.paths import PathGram
from ays_toy.runs import finding, verdicts
from ays_toy.runs.comparison import Model
from ays_toy.runs.outcomes import BINS
from ays_toy.sampling.schedules import SCHEDULES, Schedule
from ays_toy.ui import codec, coming, compute, findings, frame, gallery, in_numbers, keeper, terms
from ays_toy.ui.components.draw import PadData, last_deed, pad
from ays_toy.ui.components.sampling import DrawnModel, Live
from ays_toy.ui.controls import draws, pick
from ays_toy.ui.kept import kept
from ays_toy.ui.own_data import brought
from ays_toy.ui.tasks import there
from ays_toy.ui.train import keeping
from ays_toy.ui.view import ModelView
from ays_toy.words import amid_sentence

WAYS = {"draw": "Draw", "image": "Image", "csv": "CSV"}
PAGES = ("explore", "train", "optimize")
FEW, MOST_HEIGHT = 4, 220  # kept points, beyond which their list scrolls, and its height in pixels then
MAX_UPLOAD = 2  # MiB
POWER, PATHS, LEVELS, SAMPLES = 2.0, 512, 64, 4096  # of the quick answer beside the pad
SAMPLE_PAIRS, LEAST_SAMPLES = 20_000 * 1024, 1024  # samples times points, kept below what takes seconds
MANY = 5000  # points beyond which half the paths must do
EMPTY = (
    "There is nothing on the pad to take points from: draw on it, and there are samples of it here. The other pages "
    "stay with **{}** meanwhile."
)
BOX = "panels_box3"  # the key of the pictures' container
MEASURING = "Measuring the samples of both schedules …"


@dataclass(frozen=True)
class DataView(ModelView):
    """The page's state."""

    way: str = codec.param("draw", codec.choice(WAYS, "way to bring in data"))


@draws("data")
def link() -> None:
    """From another page to this one."""
    if st.button("Use your own points", icon=":material/draw:", key="use own points", width="stretch"):
        st.switch_page("pages/data.py")


# --- three ways in ---------------------------------------------------------------------------------------------------


def ways(view: ModelView) -> None:
    """Draw, bring an image, or bring numbers."""
    way = pick("How to bring in data", "way", WAYS, st.segmented_control, required=True, label_visibility="collapsed")
    if way == "draw":
        _pad(view)
    elif way == "image":
        _uploader("image", "PNG or JPEG: where it is dark, there are data", ["png", "jpg", "jpeg"])
        st.segmented_control(
            "Ink",
            list(own_image.INKS),
            format_func=own_image.INKS.__getitem__,
            key="image ink",
            default="auto",
            required=True,
            on_change=brought.take,
            args=("image",),
            help="Found by the border: it is the paper, and ink is what stands out from it, dark or bright.",
        )
    else:
        _uploader("csv", "CSV of two columns or more, 10 to 20,000 rows", ["csv", "txt", "tsv"])
        _columns()
    if way != "csv":
        st.select_slider(
            "Points",
            sorted({*ink.COUNTS, brought.own_data().drawing.count}),
            format_func=lambda n: f"{n:,}",
            key="many",
            on_change=brought.recount,
            help="The exact denoiser looks at every point for every sample: twice the points take twice the time, on "
            "every page. Here 2,000 take about a second and 20,000 about ten. A network that you train takes the same "
            "time for any number.",
        )


def _pad(view: ModelView) -> None:
    own = brought.own_data()
    strokes = len(own.drawing.strokes)
    words = f"{own.drawing.count:,} points from {strokes} {'stroke' if strokes == 1 else 'strokes'}."
    levels = tuple(SCHEDULES["edm"](view.steps, view.sigma_min, view.sigma_max).tolist())
    live = _live(view, own.drawing.count)
    pad(PadData(own.drawing, brought.version(), own.troubles.get("draw", words), live, levels), key=brought.PAD)


def _live(view: ModelView, points: int) -> Live | None:
    """The samples under EDM as they follow the brush; what the true density is the browser finds for each drawing."""
    if (drawn := DrawnModel.of(points)) is None:
        return None
    return Live(drawn, view.solver, view.seed, _samples(points), BINS, 1.0, names.title("edm"), BOX, 2)


def _uploader(way: str, label: str, kinds: list[str]) -> None:
    st.file_uploader(
        label, type=kinds, key=f"{way} file", max_upload_size=MAX_UPLOAD, on_change=brought.take, args=(way,)
    )
    if trouble := brought.own_data().troubles.get(way):
        frame.refuse(trouble)


def _columns() -> None:
    """Which columns of the last text file are used, where there is anything to choose; the desk holds the choice."""
    file = brought.own_data().file
    if file is None or not file.table.asks:
        return
    table, chosen = file.table, file.columns
    st.caption(f"**{frame.literal(file.name)}:** {frame.literal(table.about)}")
    if table.width > 2:
        names = {brought.NO_WEIGHTS: "None", **dict(enumerate(table.names(chosen.header)))}
        numeric, none = table.numeric(chosen.header), brought.NO_WEIGHTS
        x, y = st.columns(2)
        _column(x, "x", chosen.x, numeric, names)
        _column(y, "y", chosen.y, numeric, names)
        words = (
            "A point comes as often as its weight says: whole weights exactly, others rounded to 5,000 points in all. "
            "A column that is not chosen is left out."
        )
        _column(st, "weights", none if chosen.weights is None else chosen.weights, [none, *numeric], names, words)
    if table.asks_header:
        st.session_state["csv header"] = chosen.header
        first = brought.plain(", ".join(table.rows[0][1]))
        st.checkbox(
            f"The first row ({first}) is a heading, not a point", key="csv header", on_change=brought.choose_columns
        )


def _column(
    place: Any, what: str, chosen: int, options: list[int], names: dict[int, str], words: str | None = None
) -> None:
    key = f"csv {what}"
    st.session_state[key] = chosen
    place.selectbox(
        what.capitalize() if len(what) > 1 else what,
        sorted({*options, chosen}),
        format_func=names.__getitem__,
        key=key,
        on_change=brought.choose_columns,
        help=words,
    )


# --- samples at once -------------------------------------------------------------------------------------------------


@kept(32)
def _gram(model: Model) -> PathGram:
    return model.collect(PATHS if _size(model) <= MANY else PATHS // 2, LEVELS)


def _samples(points: int) -> int:
    return max(LEAST_SAMPLES, min(SAMPLES, SAMPLE_PAIRS // points))


@kept(64)
def _optimized(model: Model, solver: str, seed: int, steps: int) -> compute.Outcome:
    best = Schedule("p-optimum", names.title("p-optimum", POWER), optimize.optimum(_gram(model), steps, POWER))
    return compute.outcome(compute.Sampling.of(model, solver, seed, best, _samples(_size(model))))


def preview(view: ModelView) -> None:
    """The data beside samples of their exact denoiser under two schedules; a sentence where nothing is drawn."""
    if not brought.own_data().shown:
        findings.let_go()
        st.info(EMPTY.format(catalog.dataset(view.data).title), icon=":material/draw:")
        return
    model = Model.current(brought.own_data().shown, "exact", view.sigma_min, view.sigma_max)
    edm = finding.family(model, "edm", view.steps)
    findings.let_go()
    samples = _samples(_size(model))
    outcomes = dict(compute.start({"edm": compute.Sampling.of(model, view.solver, view.seed, edm, samples)}))
    asked = (model, view.solver, view.seed, view.steps)
    best = _optimized.known(*asked)
    outcomes["p-optimum"] = there(best) if best else compute.submit(_optimized, *asked)
    findings.hold(outcomes)
    place = st.container(key=BOX).empty()
    missing = coming.after_a_moment(outcomes.values())
    _pictures(place, model, outcomes, not missing)
    found = MEASURING if missing else finding_of(outcomes)
    st.container(key="finding_points").markdown(found, help=terms.about(found))
    terms.caption(
        f"**Look for** samples that fall on your points and nowhere else: the exact denoiser knows nothing but "
        f"these {_size(model):,}. {samples:,} samples each, {view.steps} steps, the same noise.",
        *gallery.WORDS,
    )
    in_numbers.show(partial(_in_numbers, model, outcomes))
    coming.follow(missing)


def _points_in_numbers(model: Model) -> str:
    """How far the points reach as they are shown: centered, and scaled to a standard deviation of 0.5."""
    points = model.dataset.mixture.means
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    across, up = points.std(axis=0)
    return (
        f"{len(points):,} points, moved to the center and scaled to a standard deviation of {SIGMA_DATA:g}: x from "
        f"{left:.3g} to {right:.3g} and y from {low:.3g} to {high:.3g}, standard deviations {across:.3g} and {up:.3g}."
    )


def _in_numbers(model: Model, outcomes: compute.Outcomes) -> Iterable[str]:
    yield _points_in_numbers(model)
    for name, outcome in outcomes.items():
        figures = outcome.result().metrics.items() if outcome.done() else ()
        scores = ", ".join(f"{METRICS[one].title} {value}" for one, value in figures)
        yield f"{names.title(name, POWER)}: {scores or 'being measured'}."


def finding_of(outcomes: compute.Outcomes) -> str:
    """Which of the two schedules comes closer to the points, if that can be told."""
    scores = {name: one.result().metrics[verdicts.JUDGE] for name, one in outcomes.items()}
    titles = {name: names.title(name, POWER) for name in scores}
    words = verdicts.against(titles["p-optimum"], scores["p-optimum"], titles["edm"], scores["edm"])
    return f"By {amid_sentence(METRICS[verdicts.JUDGE].title)} to your points, **{words}**."


def _size(model: Model) -> int:
    return len(model.dataset.mixture.means)


def _pictures(place: Any, model: Model, outcomes: compute.Outcomes, whole: bool) -> None:
    """Draw them; until all have come they do not say which deed at the pad they show, and the browser's stay."""
    shown = [
        gallery.panel(model, Schedule(name, names.title(name, POWER)), outcomes[name]) for name in ("edm", "p-optimum")
    ]
    gallery.show(place, model, shown, meta=last_deed(brought.PAD) if whole else None, whole=whole)


# --- from here -------------------------------------------------------------------------------------------------------


def onward() -> None:
    """Use the data on the other pages, keep them under a name, or take them along in a link."""
    own = brought.own_data()
    row = st.container(horizontal=True)
    _pages(row, own.shown, "shown", PAGES, icon=":material/arrow_forward:", disabled=not own.shown)
    if not own.shown:
        return
    st.caption(f"**{catalog.dataset(own.shown).title}.** {_travels(own.shown)}")
    if not own.shown.startswith(catalog.OWN):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        row.text_input("Keep these points as", key="points_name", placeholder="a name of your choice", max_chars=40)
        row.button("Keep", icon=":material/save:", key="keep points", on_click=brought.keep_points)
    keeping.complaint("points")


def _travels(name: str) -> str:
    if name.startswith(catalog.DRAWN):
        if st.session_state["data"] != name:
            return (
                "An example lies on the pad: draw on it, or clear it. The address of the page then holds your drawing."
            )
        return "The address of this page holds your drawing: whoever opens it, on any page, has these points."
    if name.startswith(catalog.POINTS):
        return "The address of this page holds these points: whoever opens it, on any page, has them."
    if name.startswith(catalog.OWN):
        return "Kept on this server by name: a link to them works here alone."
    if catalog.dataset(name).title == catalog.DRAWN_TITLE:
        return "This drawing is too detailed to travel in a link: keep it under a name, or draw it in fewer strokes."
    return "Too many points to travel in a link: keep them under a name, or they are gone when the server ends."


def _pages(row: Any, name: str, key: str, pages: Iterable[str], **look: Any) -> None:
    for page in pages:
        if row.button(page.capitalize(), key=f"{page} {key}", on_click=brought.choose, args=(name,), **look):
            st.switch_page(f"pages/{page}.py")


def saved() -> None:
    """The points that are kept, with ways to use and to delete them."""
    keeper.nickname(st)
    me = keeper.this_keeper()
    kept = PointStore.of(me).list()
    if not kept:
        return
    st.markdown("#### Kept")
    with st.container(height=MOST_HEIGHT if len(kept) > FEW else "content", border=False):
        for one in kept:
            _saved(one, me)


def _saved(one: Saved, me: Keeper) -> None:
    row, name = st.container(horizontal=True, vertical_alignment="center"), f"{catalog.OWN}{me.named(one.name)}"
    row.markdown(f"**{one.name}** · {one.about.get('points', 0):,} points · {one.size / 1000:,.0f} kB")
    row.button("Show", key=f"show {name}", on_click=brought.choose, args=(name,), type="tertiary")
    _pages(row, name, name, PAGES[:2], type="tertiary")
    if not me.owns:
        return
    row.button(
        "",
        icon=":material/delete:",
        key=f"delete points {me.named(one.name)}",
        help=f"Delete the points “{one.name}”",
        on_click=brought.delete,
        args=(me, one.name),
        type="tertiary",
    )
