"""The look that all pages share, beyond what the theme in .streamlit/config.toml can say."""

import re
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ays_toy import glossary as terms
from ays_toy.ui import leaving, opening, paper, style

# Whatever holds a part that is looked for by :has() is styled anew when anything within it is drawn, and all that the
# rule leads to: what such a rule says of the whole app costs more than to draw a figure.
_CSS = """
<style>
/* Above and below it is the theme's; to what comes before this style, it must not matter much. */
.block-container { padding-left: 1.5rem; padding-right: 1.5rem; }
[data-testid="stMain"] { scroll-padding-top: 4.5rem; } /* what the keys lead to is not beneath the pages' names */
[data-testid="stSidebarHeader"] { height: 2.2rem; margin-bottom: 0; }
[data-testid="stSidebarUserContent"] { padding-bottom: 1rem; }
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"] { gap: 0.6rem; }
.block-container [data-testid="stVerticalBlock"] { gap: 0.35rem; }
.block-container h3 { padding: 0; }
.block-container [data-testid="stMarkdown"] [data-testid="stMarkdownContainer"],
.block-container [data-testid="stCaptionContainer"] { margin-bottom: 0; }
[data-testid="stCaptionContainer"] p { margin: 0; font-size: 0.82rem; line-height: 1.35; }
[class*="st-key-panels_box"] { container: pictures / inline-size; }
.st-key-panels_box2 { container-name: none; } /* two have room for their names */
/* What comes later has its height from the beginning; pictures that lie there until then have none. */
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-reserved"]):not(
  :last-child, :has(+ [data-testid="stLayoutWrapper"]:last-child > [class*="st-key-before-"])
) { display: none; }
/* Squares, side by side; smaller in a low window, so that what they are compared by is on the screen with them. */
.st-key-panels_box5 > div { height: min(20cqw + 77px, max(200px, 100vh - 502px)) !important; }
[class*="st-key-panels_box52"] > div { height: min(20cqw + 62px, max(200px, 100vh - 497px)) !important; }
.st-key-panels_box62 > div { height: min(16.6cqw + 62px, max(200px, 100vh - 497px)) !important; }
.st-key-panels_box2 > div { height: calc(50cqw + 62px) !important; }
.st-key-panels_box3 > div { height: calc(33cqw + 62px) !important; }
.st-key-panels_box6 > div { height: calc(16.6cqw + 62px) !important; }
.st-key-pad_box { container-type: inline-size; }
.st-key-pad { min-height: calc(min(100cqw, 440px) + 108px); }
@media (min-width: 1280px) { /* what the players make of themselves, sidebar open */
  .st-key-player { min-height: calc(clamp(190px, 100vh - 538px, 282px) + 78px); }
  .st-key-board { min-height: calc(clamp(84px, 100vh - 636px, 182px) + 208px); }
  .st-key-flow { min-height: calc(min(25vw - 98px, max(210px, 100vh - 345px)) + 155px); }
}
@container pictures (max-width: 800px) {
  .annotation-text { font-size: 12px !important; }
  .annotation-text tspan[style*="font-size"] { font-size: 11px !important; }
}
/* One below the other where the figure would have no room for its names and legend. */
[data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-rail) { flex-wrap: wrap; }
[data-testid="stColumn"]:has(.st-key-rail), [data-testid="stColumn"]:has(.st-key-rail) ~ [data-testid="stColumn"] {
  min-width: min(100%, 26rem);
}
/* Room for the longest label of a button beside words. */
@media (min-width: 641px) {
  [data-testid="stHorizontalBlock"]:has(> [data-testid="stColumn"] .st-key-run-search) { flex-wrap: nowrap; }
  [data-testid="stColumn"]:has(.st-key-run-search) { min-width: 10.5rem; }
  [data-testid="stColumn"]:has(.st-key-run-search) + [data-testid="stColumn"] { min-width: 0; }
}
/* On a phone what stands side by side keeps its size, and is moved sidewards. */
@media (max-width: 640px) {
  /* It would lie over the button that shuts the controls. */
  .stApp:has([data-testid="stSidebar"][data-collapsed="false"]) .st-key-glossary { visibility: hidden; }
  :is([class*="st-key-panels_box5"], [class*="st-key-panels_box6"], .st-key-rail, .st-key-image-rail),
  .st-key-winners_box {
    overflow-x: auto;
  }
  :is(.st-key-rail, .st-key-image-rail) > div { min-width: 32rem; }
  .st-key-winners_box > div { min-width: 48rem; }
  .js-plotly-plot .drag { touch-action: auto !important; }
  [class*="st-key-panels_box"]:is([class*="box5"], [class*="box6"]) > div {
    min-width: 40rem; height: 205px !important;
  }
}
/* Beside the pages' names there is room for icons alone: the buttons' names are said, not seen. */
@media (max-width: 1340px) {
  .st-key-glossary button p { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  [data-testid="stTopNav"] { margin-right: auto; max-width: calc(100% - 12rem); }
}
/* Where nothing hovers the buttons of a table are always there. */
@media (hover: none) {
  [data-testid="stElementContainer"]:has([data-testid="stDataFrame"]) { margin-top: 2.4rem; }
}
[data-testid="stLayoutWrapper"]:has(> .st-key-beside-names) {
  position: absolute; right: 1.5rem; left: 1.5rem; width: auto;
}
.st-key-glossary { position: fixed; top: 0.7rem; right: 4.2rem; width: auto; z-index: 999991; }
.class-code { width: 13rem; height: 13rem; image-rendering: pixelated; border-radius: 4px; }
.st-key-verdict { min-height: 6.1rem; } /* four lines, so that what is below stays where it is */
.st-key-finding_points { min-height: 2.55rem; } /* two */
:is(.st-key-verdict, [class*="st-key-finding_"]) p { font-size: 0.92rem; line-height: 1.38; margin-bottom: 0; }
.block-container h4 { padding: 0.4rem 0 0; }
/* Words beside a button, in the middle of its height. */
:is(.st-key-lesson_list, .st-key-hidden_note, .st-key-story) [data-testid="stMarkdownContainer"] p { margin-bottom: 0; }
.st-key-lesson_list button p { font-size: 1rem; }
.st-key-lesson_controls > * { flex: 1 1 14rem; min-width: min(100%, 14rem); max-width: 22rem; }
/* Words stand beside the button that they are about, as many as they are: what is below stays where it is. */
.st-key-by_hand_run > [data-testid="stElementContainer"]:last-child { flex: 1 1 18rem; min-width: 0; }
.st-key-way_on { margin-top: -0.3rem; }
.st-key-address, .st-key-announcing { display: none; }
.st-key-lesson { padding: 0.5rem 0.8rem; border-radius: 0.4rem; background: light-dark(#F3F4F6, #1B1F27); }
.st-key-lesson [data-testid="stMarkdownContainer"] p { margin: 0 0 0.15rem; }
.st-key-lesson [data-testid="stForm"] { padding: 0; }
/* They have no place of their own. */
[data-testid="stLayoutWrapper"]:has(> :is(.st-key-following, .st-key-pricing, .st-key-coming)),
[data-testid="stLayoutWrapper"]:has(> [class*="st-key-style_"]) {
  position: absolute; width: 0;
}
/* Beside pictures of what was chosen just now, no numbers of what was before. */
.stApp[data-ahead] :is(.st-key-verdict, .st-key-table_box, .st-key-again, .st-key-rail_numbers) div {
  visibility: hidden;
}
/* Large enough for a finger, without lines further apart. */
button[aria-label="Help"] { min-width: 24px; min-height: 24px; margin-block: -4px; }
</style>
"""

# What the theme cannot say, so that all words can be read in both schemes (WCAG AA): Streamlit writes white on the
# primary color, fades what is disabled by 60 %, and gives figures and code grays and colors of its own.
_COLORS = """
<style>
.stApp { --faint: light-dark(rgb(21 23 28 / 68%), rgb(250 250 250 / 68%)); }
[data-testid="stCaptionContainer"] { opacity: 0.8; }
[data-testid^="stBaseButton-primary"]:not(:disabled), .stApp [data-tag], .stApp [data-tag] button {
  color: light-dark(#FFFFFF, #0E1117);
}
/* On a tint of the same color, a darker one under the pointer. */
.stApp :is([data-selected]:not(:disabled), .st-key-downloads button[aria-expanded="true"]) {
  color: light-dark(#833500, #FF9D5C) !important;
}
.stApp :is(:disabled, [data-disabled], [disabled]) {
  color: var(--faint) !important; -webkit-text-fill-color: currentcolor !important;
}
.js-plotly-plot text:not(.hoverlayer text) { fill: currentcolor !important; }
.stApp .stCode :is(.comment, .punctuation, .operator) { color: light-dark(#5A5E66, #A6ABB5); }
.stApp .stCode :is(.keyword, .boolean, .builtin) { color: light-dark(#1F4FB2, #8FB8FF); }
.stApp .stCode :is(.number, .string) { color: light-dark(#8A3B00, #FFB27F); }
</style>
"""


_FRAMED = "framed"  # in the session's state


def within_app() -> None:
    """Begin with app.py where a page's own address is among the first that are opened on a server.

    Until app.py has named its pages once, Streamlit takes the files of pages/ for an app without a frame; for every
    session that has begun by then, though the first to get here ends it for those that begin later.
    """
    context = get_script_run_ctx()
    if context and (context.pages_manager.main_script_parent / "pages").exists() and not st.session_state.get(_FRAMED):
        PagesManager.uses_pages_directory = False
        st.rerun()


def framed() -> bool:
    """Whether a page runs within the app, and not by itself, as tests run it."""
    return bool(st.session_state.get(_FRAMED))


@contextmanager
def beside_names() -> Iterator[None]:
    """A place beside the pages' names.

    Its container is to the right by itself: from there it has no long way to go when the style has come.
    """
    with (
        st.container(key="beside-names", horizontal_alignment="right"),
        st.container(key="glossary", width="content", horizontal=True, gap="small"),
    ):
        yield


def glossary() -> None:
    """A button that opens what every name and word means."""
    if st.button("Glossary", icon=":material/menu_book:", key="open glossary", type="tertiary"):
        _glossary()


@st.dialog("Names and words", width="large")
def _glossary() -> None:
    parts = {
        "Schedules": terms.schedules(),
        "Words": terms.TERMS,
        "Solvers": terms.solvers(),
        "Figures of quality": terms.metrics(),
    }
    for tab, words in zip(st.tabs(list(parts)), parts.values(), strict=True):
        for word, about in words.items():
            tab.markdown(f"**{word}.** {about}")


# Marks, the colon of a :color[…], an :icon: or an address that would become a link, the dot and the sign that do.
_MARKUP = re.compile(r"[\\`*_\[\]<>$~]|:(?=//|\w+[\[:])|(?<=www)\.|@|^[#|+-]", re.MULTILINE)


def literal(text: str) -> str:
    """Text of unknown origin as Markdown that shows it as it is."""
    return _MARKUP.sub(r"\\\g<0>", text)


def refuse(problem: object, place: Any = st) -> None:
    """Say in the page what cannot be done; the sentence may hold what a stranger wrote, and is shown as it is."""
    place.error(literal(str(problem)), icon=":material/error:")


def remark(problem: object, icon: str = ":material/info:", place: Any = st) -> None:
    """Say in the page what was not usable, or what is otherwise than asked; shown as it is, too."""
    place.warning(literal(str(problem)), icon=icon)


@contextmanager
def sentences() -> Iterator[None]:
    """Show what a user can mend as one sentence in the page, and what they cannot as Streamlit does.

    A run whose work was dropped has been overtaken by a later one of its session, after a reload say: it just ends.
    """
    try:
        yield
    except ValueError as error:
        refuse(error)
    except CancelledError:
        st.stop()


def begin() -> None:
    """Tell the pages that they run within the app, and tighten them so that a screen of 1440 x 900 holds a page."""
    st.session_state[_FRAMED] = True
    leaving.note()
    style.apply(_CSS + _COLORS + opening.CSS + paper.CSS, "frame")
