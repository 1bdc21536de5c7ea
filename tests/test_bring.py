"""Schedules brought into the pages: pasted or as a file, shown as Yours, refused in place with nothing lost."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from pages_shown import opened, run, strips
from streamlit.testing.v1 import AppTest

from ays_toy.exchange import export
from ays_toy.images import results
from ays_toy.sampling import schedules
from ays_toy.ui import codec, frame
from ays_toy.ui.images import image_state
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.view import View

pytestmark = pytest.mark.usefixtures("home")

SD = "14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.0"


def paste(at: AppTest, text: str, key: str = "bring yours") -> AppTest:
    at.text_area(key=f"{key} text").set_value(text)
    at.button(key=f"{key} bring").click()
    return run(at)


def said(at: AppTest) -> str:
    return " ".join(one.value for one in (*at.success, *at.error, *at.warning)).replace("\\", "")


def explore(**query: str) -> AppTest:
    return opened("explore", **{"data": "gaussian", "steps": "4", **query})


def table(at: AppTest):
    return at.dataframe[0].value.set_index("Schedule")


LEVELS = some.lists(some.floats(1e-5, 1e5), min_size=2, max_size=41, unique=True).map(
    lambda found: tuple(sorted(found, reverse=True))
)


@given(LEVELS, some.booleans())
def test_a_link_holds_what_was_brought_to_the_bit(levels, zero):
    levels = (*levels, 0.0) if zero else levels
    view = View(yours=levels)
    assert codec.from_query(View, codec.to_query(view)) == (view, [])
    other = ImagesView(image_yours=levels)
    assert codec.from_query(ImagesView, codec.to_query(other)) == (other, [])


def test_a_pasted_list_is_shown_beside_the_others_priced_on_their_terms_and_held_by_the_link():
    at = explore()
    before = table(at)
    paste(at, export.as_comfyui(schedules.edm(4)))
    after = table(at)
    assert after.loc["Yours", "KLUB"] == pytest.approx(after.loc["EDM", "KLUB"], rel=1e-6)
    assert after.loc["Yours", "NLL"] == pytest.approx(after.loc["EDM", "NLL"], rel=1e-4)
    assert after.drop("Yours").equals(before)
    assert "5 levels for 4 steps, from 80 to 0.002. Its final zero is the model's lowest level" in said(at)
    again = explore(yours=at.query_params["yours"])
    assert table(again).equals(after)
    charts = [chart.proto.spec for chart in again.get("plotly_chart")]
    assert ["Yours" in chart for chart in charts] == [True, True]
    again.button(key="drop yours").click().run()
    assert table(again).equals(before)
    assert "yours" not in again.query_params


def test_another_number_of_steps_is_said_and_can_be_made_that_of_all():
    at = paste(explore(), SD)
    assert "Yours, 11 steps" in table(at).index
    assert "80 was added, 1 step more" in said(at)
    assert any("Yours has 11 steps" in one.value for one in at.markdown)
    at.button(key="set steps").click().run()
    assert not at.exception
    assert at.slider(key="steps").value == 11
    assert "Yours" in table(at).index
    assert not any("Yours has 11 steps" in one.value for one in at.markdown)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to read"),
        ("999, 500, 0", "timesteps"),
        ("700, 50, 1, 0.002", "700 to 0.002 and the model only from 80 to 0.002"),
        ("80, <b>*x*</b>, 1", "where a number should be"),
        (" ".join(f"{80 * 0.9**k:.5g}" for k in range(50)), "give at most 40"),
    ],
)
def test_a_bad_paste_is_refused_in_place_and_loses_nothing(text, says):
    at = paste(explore(), "20 5 0.1 0.01")
    before, link = table(at), at.query_params["yours"]
    paste(at, text)
    assert says in said(at)
    assert "<b>*x*" not in at.error[0].value, "what was pasted is shown as it is, not as Markdown"
    assert at.text_area(key="bring yours text").value == text
    assert table(at).equals(before)
    assert at.query_params["yours"] == link


def test_what_no_longer_fits_another_range_is_said_and_comes_back_with_it():
    at = paste(explore(), "80 20 5 0.1 0.002")
    at.selectbox(key="sigma_max").set_value(10.0).run()
    assert "Yours" not in table(at).index
    assert "Yours** is not shown" in said(at)
    at.selectbox(key="sigma_max").set_value(80.0).run()
    assert "Yours" in table(at).index
    assert "not shown" not in said(at)


@pytest.mark.parametrize("text", ["x", "1,2,2", "80," * 60 + "1", "true", "999,500,0", "0", ""])
def test_a_damaged_link_is_said_and_shows_no_yours(text):
    at = explore(yours=text)
    assert len(at.warning) == 1
    assert "yours" in said(at)
    assert "Yours" not in table(at).index


def test_a_file_is_read_too_and_not_beside_a_pasted_list():
    at = explore()
    data = b"\xef\xbb\xbf" + export.as_csv(schedules.logsnr(4)).encode()
    at.file_uploader(key="bring yours file").upload("mine.csv", data, "text/csv")
    at.button(key="bring yours bring").click().run()
    assert not at.exception
    assert table(at).loc["Yours", "KLUB"] == pytest.approx(table(at).loc["LogSNR", "KLUB"], rel=1e-6)
    paste(at, "80 1 0.002")
    assert "both a pasted list and a file" in said(at)


def test_text_of_unknown_origin_is_shown_as_it_is():
    assert frame.literal("![a](b) $x$ :red[c] <b>") == r"!\[a\](b) \$x\$ \:red\[c\] \<b\>"
    assert frame.literal("# http://a.b or www.a.b, me@a.b") == r"\# http\://a.b or www\.a.b, me\@a.b"
    assert frame.literal("There is no model: choose one, 1.5 or 2.") == "There is no model: choose one, 1.5 or 2."


def test_on_images_yours_stands_in_table_rail_and_pictures_and_is_measured_on_the_others_samples():
    model = results.of("digits").model
    at = opened("images", image_model="digits", solver="ddim", steps="5")
    before = table(at)
    pictures = strips(at).count("<img")
    text = export.as_comfyui(results.of("digits").at("ddim", 5)["edm"].schedule.sigmas)
    paste(at, text, "bring image_yours")
    assert f"to {model.sigma_min:.5g}" in said(at)
    after = table(at)
    assert after.loc["Yours", "KLUB"] == pytest.approx(after.loc["EDM", "KLUB"], rel=1e-4)
    assert np.isnan(after.loc["Yours", "Fréchet distance"])
    assert after.drop("Yours").equals(before)
    assert strips(at).count("<img") == pictures + 1
    assert sum("Yours" in chart.proto.spec for chart in at.get("plotly_chart")) == 2  # bars and rail
    at.button(key="measure yours").click().run()
    end = time.monotonic() + 200
    while not at.session_state["watches"][image_state.EXTRA].progress.finished:
        assert time.monotonic() < end
        time.sleep(0.1)
    at.run()
    assert not at.exception, at.exception
    measured = table(at)
    assert measured.loc["Yours", "Fréchet distance"] == pytest.approx(measured.loc["EDM", "Fréchet distance"], rel=1e-3)
    again = opened("images", image_model="digits", solver="ddim", steps="5", image_yours=at.query_params["image_yours"])
    assert "Yours" in table(again).index
    again.button(key="drop image_yours").click().run()
    assert table(again).equals(before)


def test_on_images_other_steps_are_said_and_what_is_beyond_the_model_is_refused():
    at = opened("images", image_model="digits", solver="ddim", steps="5")
    before = table(at)
    paste(at, "700, 50, 1, 0.002", "bring image_yours")
    assert "700 to 0.002 and the model only from 157.407 to 0.0100013" in said(at)
    assert table(at).equals(before)
    paste(at, "157, 20, 1, 0.01", "bring image_yours")
    assert "Its rounded ends were set to the model's: 157 to 157.407" in said(at)
    assert "Yours, 3 steps" in table(at).index
    at.button(key="set steps").click().run()
    assert at.slider(key="steps").value == 3
    assert "Yours" in table(at).index


def test_before_an_image_model_is_loaded_its_range_is_not_known_and_the_page_says_so():
    at = opened("images", image_model="/no/such/folder")
    paste(at, SD, "bring image_yours")
    assert "once it is loaded" in said(at)
    assert at.query_params["image_yours"].startswith("14.615,")
