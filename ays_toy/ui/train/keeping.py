"""Trained models that a user keeps: listed, chosen and deleted."""

from datetime import datetime

import streamlit as st

from ays_toy.models import catalog
from ays_toy.models.people import Keeper
from ays_toy.models.store import ModelStore, PointStore, Saved
from ays_toy.runs.live_training import LessonConfig, LessonState
from ays_toy.ui import frame, keeper
from ays_toy.ui.background import Watch
from ays_toy.ui.whole import whole

MAX_SENTENCES = 5
GONE = "points of your own"


def set_aside() -> list[str]:
    """One sentence for each damaged file that this session has found and set aside."""
    found: list[str] = st.session_state.setdefault("set aside", [])
    me = keeper.this_keeper()
    found += [*ModelStore.of(me).tidy(), *PointStore.of(me).tidy()]
    return found[-MAX_SENTENCES:]


def complaint(key: str) -> None:
    """Show what a button of that key could not do, once."""
    if words := st.session_state.pop(f"complaint {key}", None):
        frame.refuse(words)


def models(watch: Watch | None) -> None:
    """Keep what was trained under a name; list what is kept, with ways to use it."""
    state: LessonState | None = watch.progress.snapshot if watch and watch.progress.finished else None
    row = st.container(horizontal=True, vertical_alignment="bottom")
    keeper.nickname(row)
    row.text_input(
        "Keep this model as",
        key="model_name",
        placeholder="a name of your choice" if state else "train a model first",
        max_chars=40,
        disabled=state is None,
    )
    row.button(
        "Keep",
        icon=":material/save:",
        key="keep",
        type="primary",
        disabled=state is None,
        on_click=_keep,
        args=(watch,),
    )
    complaint("model")
    me = keeper.this_keeper()
    kept = ModelStore.of(me).list()
    if not kept:
        st.caption("Models that you keep are listed here, and can be chosen on every page.")
        return
    with st.container(height=min(220, 60 * len(kept) + 10), border=False):
        for saved in kept:
            _model(saved, me)


def _model(saved: Saved, me: Keeper) -> None:
    row = st.container(horizontal=True, vertical_alignment="center")
    data = saved.about.get("data", "")
    titles = catalog.datasets(data, keeper=me)
    known = data in titles
    when = datetime.fromtimestamp(saved.written_ns / 1e9).astimezone().strftime("%Y-%m-%d %H:%M")
    title = titles[data] if known else f"{GONE if catalog.is_unlisted(data) else data}, which is gone"
    row.markdown(f"**{saved.name}** · {title} · excess {saved.about.get('excess', float('nan')):.2%} · {when}")
    name = me.named(saved.name)
    for page, label, icon in (("optimize", "Optimize its schedule", "tune"), ("explore", "Explore", "visibility")):
        go = row.button(
            label,
            icon=f":material/{icon}:",
            key=f"{page} {name}",
            disabled=not known,
            on_click=_use,
            args=(name, data),
        )
        if go:
            st.switch_page(f"pages/{page}.py")
    if not me.owns:
        return
    row.button(
        "",
        icon=":material/delete:",
        key=f"delete model {name}",
        help=f"Delete the model “{saved.name}”",
        on_click=_delete,
        args=(me, saved.name),
    )


@whole
def _keep(watch: Watch) -> None:
    name = st.session_state["model_name"].strip()
    config, state = watch.job.key, watch.progress.snapshot
    assert isinstance(config, LessonConfig)
    me = keeper.this_keeper()
    try:
        ModelStore.of(me).save(
            name,
            state.weights,
            config.training,
            data=config.data,
            excess=state.excesses[-1],
            step=state.steps[-1],
        )
    except ValueError as error:
        st.session_state["complaint model"] = str(error)
    else:
        _use(me.named(name), config.data)


@whole
def _use(name: str, data: str) -> None:
    st.session_state["data"] = data
    st.session_state["model"] = f"{catalog.SAVED}{name}"


@whole
def _delete(me: Keeper, name: str) -> None:
    try:
        ModelStore.of(me).delete(name)
    except ValueError as error:
        st.session_state["complaint model"] = str(error)
