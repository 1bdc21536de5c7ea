"""The pictures that a page opens with, until Plotly draws the same."""

import base64
import io
import re

import numpy as np
import pytest
from pages_shown import opened, run
from PIL import Image
from streamlit.testing.v1 import AppTest

from ays_toy.figures import Panel
from ays_toy.ui import opening

pytestmark = pytest.mark.usefixtures("home")


def rows(at: AppTest) -> list[str]:
    """The HTML of rows of pictures on a page."""
    found = [one.proto.body for one in at.get("html")]
    return [one for one in found if 'class="before"' in one]


@pytest.mark.parametrize("page", ["explore", "optimize", "beat_ays"])
def test_a_page_has_its_opening_pictures_for_as_long_as_its_figure_shows_the_same(page: str) -> None:
    at = opened(page, data="ring-8", steps="4")
    (row,) = rows(at)
    titles = re.findall(r"<b>(.*?)</b>", row)
    assert titles[0] == "The data"
    assert len(titles) == row.count("<img") >= 3
    if page == "explore":
        assert rows(run(at)) == [row]
    at.selectbox(key="data").select("moons")
    run(at)
    assert rows(at) == [], "never pictures of what was chosen before"
    at.selectbox(key="data").select("ring-8")
    run(at)
    assert rows(at) == []


def test_a_title_is_text_and_a_picture_stands_upright() -> None:
    image = np.zeros((2, 2), dtype=np.uint8)
    image[0, 0] = 255  # the lower left
    row = opening._row([Panel("<i>Yours</i>", "#123456", ["NLL & more"], image)], 1.0)
    assert "&lt;i&gt;Yours&lt;/i&gt;" in row
    assert "NLL &amp; more" in row
    assert "<i>" not in row
    address = re.search('src="(.*?)"', row)
    assert address
    png = base64.b64decode(address[1].partition(",")[2])
    shown = np.array(Image.open(io.BytesIO(png)).convert("L"))
    assert shown[1, 0] == shown.max() > shown[0, 0] == shown[0, 1]
