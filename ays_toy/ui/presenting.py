"""Presenting: `present=1` in an address gives large type and no sidebar, for who reads from the back row."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy.ui import record, style
from ays_toy.ui.whole import whole

FIELD = "present"
TYPE = 1.35  # times the size that type has otherwise

# Streamlit and the components measure type in rem; figures have pixels of their own. Squares fill the width. A phone,
# on which a presented link may be opened too, keeps the type that it has room for.
_CSS = """
<style>
.stApp :is([data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], .st-key-beside-names) {
  display: none !important;
}
.st-key-leave_presenting { position: fixed; top: 0.5rem; right: 1rem; width: auto; z-index: 999992; }
.st-key-leave_presenting button { min-height: 1.6rem; padding: 0 0.4rem; }
.st-key-leave_presenting button p { font-size: 0.75rem; }
@media (max-width: 640px) {
  .stApp [class*="st-key-panels_box"]:is([class*="box5"], [class*="box6"]) > div { height: 232px !important; }
}
@media (min-width: 641px) {
  html { font-size: calc(16px * TYPE) !important; }
  [data-testid="stHeader"] { zoom: calc(1 / TYPE); }
  .block-container { margin-top: -1.2rem; }
  :is(.st-key-verdict, [class*="st-key-finding_"]) p { font-size: 1rem; }
  [data-testid="stCaptionContainer"] p { font-size: 0.93rem; }
  .js-plotly-plot :is(.xtick, .ytick, .legend, .bars, .g-xtitle) text { font-size: 16px !important; }
  .js-plotly-plot .hovertext text { font-size: 17px !important; }
  .js-plotly-plot .heatmap-label text { font-size: 16px !important; }
  .js-plotly-plot .textpoint text, .st-key-distances .annotation-text { font-size: 13px !important; }
  .stApp .st-key-panels_box3 .annotation-text { font-size: 17px !important; }
  .stApp .st-key-panels_box3 .annotation-text tspan[style*="font-size"] { font-size: 15px !important; }
  .js-plotly-plot .main-svg { overflow: visible !important; }
  .stApp .st-key-panels_box5 > div { height: calc(20cqw + 104px) !important; }
  .stApp [class*="st-key-panels_box52"] > div { height: calc(20cqw + 84px) !important; }
  .stApp :is(.st-key-panels_box62, .st-key-panels_box6) > div { height: calc(16.6cqw + 84px) !important; }
  .stApp .st-key-panels_box2 > div { height: calc(50cqw + 84px) !important; }
  .stApp .st-key-panels_box3 > div { height: calc(33cqw + 84px) !important; }
}
@media (max-height: 800px) { /* what is dragged need not be typed as well, and the pictures come into sight */
  .stApp [class*="st-key-numbers-"] { display: none; }
}
</style>
""".replace("TYPE", f"{TYPE}")


def type_scale() -> float:
    """How many times its usual size type has in this session."""
    presents = get_script_run_ctx() is not None and record.this_session().values.get(FIELD, 0)
    return TYPE if presents else 1.0


def pixels(usual: int) -> int:
    """The size of what holds type, by its usual size."""
    return round(usual * type_scale())


def begin() -> None:
    """Enlarge the page where it is presented, with a way out of that."""
    if type_scale() == 1:
        return
    style.apply(_CSS, "presenting")
    with st.container(key="leave_presenting"):
        icon = ":material/close_fullscreen:"
        st.button("Leave presenting", icon=icon, key="leave presenting", on_click=_leave, type="tertiary")


@whole
def _leave() -> None:
    record.this_session().choose(FIELD, 0)
