"""What a page shows, taken away in a real Chromium: the menu, the files that it gives, and the page on paper."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from axe import violations
from chromium import Visit, required
from paper import assert_document
from PIL import Image
from playwright.sync_api import Browser, Download, Locator, Page, expect
from test_downloads import flow_film, search_film
from test_screens import drawn

from ays_toy.figures import films

pytestmark = pytest.mark.browser
required()

PAGES = {  # address, the lines that have pictures, each with words that are in its SVG, and the other lines
    "explore": (
        "explore?data=ring-8&steps=4&noises=edm",
        {"Noise levels and KLUB": "nats per unit of log σ", "Samples": "The data", "Samples from three noises": "EDM"},
        ["Table of schedules"],
    ),
    "data": ("data", {"Samples": "The data"}, []),
    "train": ("train?data=ring-8", {"Samples as it learned": "The data", "Calibration": "noise level σ"}, []),
    "optimize": (
        "optimize?data=ring-8",
        {"Samples": "AYS at rest"},
        ["The search, animated", "Table of schedules", "Table of schedules at 20 steps"],
    ),
    "trajectories": (
        "trajectories?data=ring-8&steps=4",
        {
            "Errors of single steps": "error of the step alone",
            "Distances from the reference": "distance from the reference",
        },
        ["The trajectories, animated"],
    ),
    "beat_ays": ("beat_ays?data=ring-8", {"Samples": "Yours"}, ["Table of attempts"]),
    "images": (
        "images",
        {
            "Fréchet distance over steps": "Fréchet distance",
            "KLUB": "KLUB (nats)",
            "Noise levels and KLUB": "nats per unit of log σ",
        },
        ["Table of schedules"],
    ),
}


class Menu(Visit):
    """A page whose menu is open."""

    def open(self, url: str) -> "Menu":
        self.page.goto(url)
        self.page.locator(".st-key-downloads button").wait_for(timeout=90_000)
        self.idle()
        self.page.get_by_role("button", name="Download").first.click()
        expect(self.body.get_by_role("button").first).to_be_visible()
        self.idle()
        return self

    @property
    def body(self) -> Locator:
        return self.page.get_by_test_id("stPopoverBody")

    def file(self, button: Locator) -> Download:
        with self.page.expect_download() as found:
            button.click()
        return found.value

    def line(self, title: str, label: str) -> Locator:
        """The button of a line that Streamlit has drawn."""
        key = re.sub(r"[^a-zA-Z0-9_-]", "-", f"{title} as {label}")
        return self.body.locator(f".st-key-{key} button:visible")


@pytest.fixture
def menu(visits: Callable[..., Menu], server: str) -> Callable[..., Menu]:
    return lambda address, **look: visits(Menu, **look).open(f"{server}/{address}")


def read(file: Download) -> bytes:
    return Path(file.path()).read_bytes()


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_of_every_page_can_be_taken_as_picture_and_as_page_and_all_of_it_on_paper(menu, name) -> None:
    address, figures, others = PAGES[name]
    one = menu(address, scheme="dark", reduced_motion="reduce")
    assert violations(one.page) == [], "the menu"
    lines = one.body.get_by_test_id("stMarkdown").all_inner_texts()
    assert sorted(lines) == sorted([*figures, *others])
    for title, words in figures.items():
        png = one.file(one.body.get_by_role("button", name=f"{title} as PNG", exact=True))
        assert png.suggested_filename.startswith(name.replace("_", "-"))
        picture = Image.open(io.BytesIO(read(png)))
        svg = one.file(one.body.get_by_role("button", name=f"{title} as SVG", exact=True))
        assert svg.suggested_filename.endswith(".svg")
        root = ElementTree.fromstring(read(svg))
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        assert (picture.format, picture.size) == ("PNG", (round(2 * width), round(2 * height)))
        assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255), "on white paper in the dark too"
        assert words in "".join(root.itertext())
        if "σ" in words or "EDM" in words:
            page = read(one.file(one.line(title, "HTML"))).decode()
            assert f"<h1>{title}</h1>" in page
            assert "plotly.js v" in page
    one.page.keyboard.press("Escape")
    expect(one.body).to_have_count(0)
    drawn(one, name)
    assert_document(one.page, name)


def test_tables_are_files_of_numbers_and_schedules_files_for_other_tools(menu) -> None:
    one = menu("explore?data=ring-8&steps=4&shown=edm,cosine")
    table = one.file(one.line("Table of schedules", "CSV"))
    assert table.suggested_filename == "explore-ring-8-4-steps-table-of-schedules.csv"
    numbers = pd.read_csv(io.BytesIO(read(table))).set_index("Schedule")
    assert numbers.loc["EDM", "Steps"] == 4
    assert numbers.loc["Fresh data", "KLUB (nats)"] == 0
    assert (numbers["NLL, standard error (nats)"] > 0).all()
    one.body.get_by_role("combobox", name="A schedule").click()
    one.page.get_by_role("option", name="Cosine").click()
    one.idle()
    schedule = one.file(one.body.get_by_role("button", name="CSV").last)
    assert schedule.suggested_filename == "explore-ring-8-4-steps-cosine.csv"
    levels = pd.read_csv(io.BytesIO(read(schedule))).iloc[:, 1]
    assert levels.tolist() == [float(level) for level in numbers.loc["Cosine", "Noise levels"].split()]


def test_the_menu_is_worked_by_keys_alone(visits: Callable[..., Menu], server: str) -> None:
    one = visits(Menu)
    one.page.goto(f"{server}/trajectories?data=ring-8&steps=4")
    one.page.locator(".st-key-downloads button").wait_for(timeout=90_000)
    one.idle()
    one.page.locator(".st-key-downloads button").focus()
    one.page.keyboard.press("Enter")
    expect(one.body.get_by_role("button").first).to_be_visible()
    assert violations(one.page) == []
    wanted = one.body.get_by_role("button", name="Errors of single steps as SVG")
    for _ in range(60):
        one.page.keyboard.press("Tab")
        if wanted.evaluate("button => button.getRootNode().activeElement === button"):
            break
    with one.page.expect_download() as found:
        one.page.keyboard.press("Enter")
    assert found.value.suggested_filename == "trajectories-ring-8-4-steps-errors-of-single-steps.svg"
    expect(one.body.get_by_role("status").first).to_be_attached()
    one.page.keyboard.press("Escape")
    expect(one.body).to_have_count(0)


def test_films_are_made_when_asked_for_and_show_what_the_page_shows(menu) -> None:
    one = menu("trajectories?data=ring-8&steps=4&shown=edm,cosine")
    gif = one.file(one.line("The trajectories, animated", "GIF"))
    assert gif.suggested_filename == "trajectories-ring-8-4-steps-the-trajectories-animated.gif"
    assert Image.open(io.BytesIO(read(gif))).n_frames == 33
    page = read(one.file(one.line("The trajectories, animated", "HTML"))).decode()
    assert "Cosine" in page
    assert "LogSNR" not in page


# --- films without a network -----------------------------------------------------------------------------------------


@pytest.fixture
def played(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """A film that is opened as a file by a browser without a network, of which nothing is wanted either."""
    opened, wrong = [], []

    def play(text: str, **look) -> Page:
        (tmp_path / "film.html").write_text(text, encoding="utf-8")
        page = browser.new_page(**look)
        opened.append(page)
        page.context.set_offline(True)
        page.on("request", lambda one: wrong.append(one.url) if one.url.startswith("http") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"file://{tmp_path}/film.html")
        return page

    yield play
    for page in opened:
        page.context.close()
    assert wrong == []


FILMS = {
    "search": (lambda: films.search_page(search_film(), "The search", "words"), ["EDM", "KLUB optimum", "AYS"]),
    "flow": (lambda: films.flow_page(flow_film(), "The flow", "words"), ["EDM", "LogSNR"]),
}


@pytest.mark.parametrize("name", FILMS)
def test_a_film_plays_by_itself_and_says_what_it_shows(played, name) -> None:
    made, titles = FILMS[name]
    page = played(made())
    bar = page.get_by_role("slider")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    first = int(bar.input_value())
    page.wait_for_function(f"document.getElementById('bar').value > {first} + 2")
    said = page.evaluate("[document.getElementById('bar').ariaValueText, document.getElementById('words').innerText]")
    assert said[0] == said[1]
    shown = page.locator("#figure").text_content()
    assert all(title in shown for title in titles)
    page.get_by_role("button", name="Pause").click()
    at = bar.input_value()
    page.wait_for_timeout(700)
    assert bar.input_value() == at, "it is paused"
    points = page.locator("#figure .scatterlayer").first.inner_html()
    bar.focus()
    page.keyboard.press("Home")
    expect(bar).to_have_value("0")
    page.wait_for_function("points => document.querySelector('#figure .scatterlayer').innerHTML !== points", arg=points)
    assert violations(page) == []


def test_a_film_does_not_move_by_itself_where_no_motion_is_wanted_but_plays_when_asked(played) -> None:
    page = played(FILMS["flow"][0](), reduced_motion="reduce")
    bar = page.get_by_role("slider")
    expect(page.locator("#words")).to_have_text("Start: the same noise in every panel")
    page.wait_for_timeout(900)
    assert bar.input_value() == "0"
    page.get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('bar').value > 1")
