"""What is taken away says what the page says, with all digits, and is the same bytes for the same data."""

import io
import json
from contextlib import nullcontext, suppress

import numpy as np
import pages_shown
import pandas as pd
import pytest
from PIL import Image
from plotly.offline import get_plotlyjs
from streamlit.testing.v1 import AppTest

from ays_toy.estimates import Estimate, KlubEstimate, Measured
from ays_toy.figures import films, printed
from ays_toy.figures.films.flow import MOST_FRAMES, positions
from ays_toy.metrics import METRICS
from ays_toy.runs import comparison, pictures, shipped_searches
from ays_toy.runs.finding import FRESH_DATA
from ays_toy.runs.live_search import SearchConfig
from ays_toy.sampling import schedules, trajectories
from ays_toy.sampling.counter_noise import LevelNoise
from ays_toy.sampling.schedules import Schedule
from ays_toy.ui import downloads, tables
from ays_toy.words import file_name

MB = 1_000_000


def search_film(data: str = "grid-4x4") -> films.SearchFilm:
    config, metric = SearchConfig(comparison.Model(data)), METRICS["energy"]
    state = shipped_searches.find(config)
    assert state is not None
    swept = [
        films.Swept(one.sigmas, one.klub, one.score and metric.turned(one.score), f"Sweep {one.index}: KLUB {one.klub}")
        for one in state.sweeps
    ]
    best = Schedule("klub-optimum", "KLUB optimum", state.sweeps[-1].sigmas)
    return films.SearchFilm(Schedule("edm", "EDM", config.first()), swept, metric, best, state.stop)


def flow(steps: int = 4, particles: int = 200) -> tuple[trajectories.Trajectories, np.ndarray]:
    model = comparison.Model("ring-8")
    named = {name: schedules.SCHEDULES[name](steps) for name in ("edm", "logsnr")}
    noise = LevelNoise(3, particles)
    truth = pictures.true_image(model, 1.3, 96)
    followed = trajectories.follow(model.denoiser(), named, generator=noise, n=particles, fine_calls=64)
    return followed, pictures.shades(truth, pictures.brightest(truth))


def flow_film(**more) -> films.FlowFilm:
    followed, shades = flow()
    return films.FlowFilm.of(followed, shades, 1.3, follow=2, **more)


# --- tables --------------------------------------------------------------------------------------------------------


def test_a_table_as_csv_holds_every_number_to_its_last_digit(rng):
    value, error, klub, noise, outliers = rng.lognormal(size=5).tolist()
    edm = Schedule("edm", 'EDM, "by hand"', schedules.edm(5), 1000, 0.1)
    rows = [
        Measured(edm, KlubEstimate(klub, noise, np.ones(5)), {"energy": Estimate(-value, error)}),
        Measured(FRESH_DATA, None, {"energy": Estimate(outliers, error)}),
    ]
    columns = {
        tables.CALLS: [1000, None],
        "KLUB": [rows[0].klub, tables.UNPRICED],
        METRICS["energy"].title: [row.metrics["energy"] for row in rows],
        METRICS["outliers"].title: [Estimate(float("nan"), float("nan")), None],
    }
    text = tables.as_csv([row.schedule for row in rows], columns)
    read = pd.read_csv(io.StringIO(text))
    assert read["Schedule"].tolist() == [edm.title, FRESH_DATA.title]
    assert read["KLUB (nats)"].tolist() == [klub, 0.0]
    assert read["KLUB, standard error (nats)"].tolist() == [noise, 0.0]
    assert read["Energy distance (data units)"].tolist() == [-value, outliers]
    assert read["Energy distance, standard error (data units)"].tolist() == [error, error]
    assert read[tables.CALLS].tolist()[0] == 1000
    assert read.filter(like="Outliers").isna().all(axis=None), "what is not measured is empty, not 'nan' or 'None'"
    assert "nan" not in text
    np.testing.assert_array_equal(np.array(read["Noise levels"][0].split(), dtype=float), edm.sigmas)
    assert read["Steps"][0] == 5


def test_the_table_that_explore_offers_is_the_one_it_shows(monkeypatch):
    offered = {}
    monkeypatch.setattr(downloads, "table", offered.__setitem__)
    at = pages_shown.opened("explore", data="ring-8", steps="4")
    shown = at.dataframe[0].value
    read = pd.read_csv(io.StringIO(offered["Table of schedules"]()))
    assert read["Schedule"].tolist() == shown["Schedule"].tolist()
    assert read["Schedule"].tolist()[-1] == FRESH_DATA.title
    for head in ("KLUB", "NLL", "Energy distance", "Sliced W2"):
        (column,) = [one for one in read if one.startswith(f"{head} (")]
        assert read[column].tolist() == shown[head].tolist()
        assert (read[column.replace(head, f"{head}, standard error")][:-1] > 0).all()


@pytest.mark.parametrize(
    ("title", "name"),
    [("explore grid-8x8 8 steps Fréchet distance", "explore-grid-8x8-8-steps-frechet-distance"), ("p = 2", "p-2")],
)
def test_titles_are_names_of_files_without_accents(title, name):
    assert file_name(title) == name


# --- figures as pages ----------------------------------------------------------------------------------------------


def test_a_figure_as_a_page_is_on_white_paper_and_shows_what_it_is_called_as_text():
    figure = films.search_figure(search_film())
    page = printed.as_page(figure, "<b>KLUB</b>", "so & so")
    assert "<h1>&lt;b&gt;KLUB&lt;/b&gt;</h1>" in page
    assert "<p>so &amp; so</p>" in page
    paper = printed.printed(figure).to_plotly_json()["layout"]["template"]["layout"]
    assert (paper["paper_bgcolor"], paper["plot_bgcolor"]) == ("#FFFFFF", "#FFFFFF")
    assert page == printed.as_page(figure, "<b>KLUB</b>", "so & so")


# --- films ---------------------------------------------------------------------------------------------------------


def test_between_two_levels_a_particle_goes_straight_in_noise_and_at_its_own_it_is_where_it_was():
    one = flow()[0].paths["edm"]
    for k, sigma in enumerate(one.sigmas):
        np.testing.assert_allclose(one.under_way(float(sigma)), one.states[k], rtol=1e-12)
    middle = float(one.sigmas[1] + one.sigmas[2]) / 2
    np.testing.assert_allclose(one.under_way(middle), (one.states[1] + one.states[2]) / 2, rtol=1e-12)


@pytest.mark.parametrize("steps", range(2, 41))
def test_a_film_stops_at_every_step_and_is_neither_short_nor_long(steps):
    at = positions(steps)
    assert set(range(steps + 1)) <= set(at.round(12).tolist())
    assert 18 <= at.size <= MOST_FRAMES + 1


@pytest.mark.parametrize("align", ["step", "noise"])
def test_panels_are_aligned_and_say_where_they_are(align):
    film = flow_film(align=align)
    first, second = film.walks
    assert len(first.words) == len(film.labels) == film.frames == len(first.places)
    assert first.words[0].startswith("start, σ = 80")
    assert first.words[-1] == "step 4 of 4, σ = 0.002"
    if align == "noise":
        np.testing.assert_allclose(first.sigmas, second.sigmas)
    else:
        assert [words.split(",")[0] for words in first.words] == [words.split(",")[0] for words in second.words]
    np.testing.assert_array_equal(first.places[0], second.places[0])  # the same noise


def test_the_same_films_are_the_same_bytes():
    assert films.search_page(search_film(), "a", "b") == films.search_page(search_film(), "a", "b")
    assert films.search_gif(search_film()) == films.search_gif(search_film())
    assert films.flow_page(flow_film(), "a", "b") == films.flow_page(flow_film(), "a", "b")
    assert films.flow_gif(flow_film()) == films.flow_gif(flow_film())


def gif(data: bytes) -> tuple[Image.Image, int, int]:
    """A GIF, how many frames it has, and how many milliseconds it lasts."""
    picture = Image.open(io.BytesIO(data))
    lasting = 0
    for k in range(picture.n_frames):
        picture.seek(k)
        lasting += picture.info["duration"]
    return picture, picture.n_frames, lasting


@pytest.mark.parametrize("data", ["grid-4x4", "multiscale"])  # of few sweeps, and of many
def test_the_search_as_a_gif_has_a_frame_for_every_sweep_and_lasts_ten_seconds(data):
    film = search_film(data)
    made = films.search_gif(film)
    picture, frames, lasting = gif(made)
    assert frames == len(film.shown) == len(film.sweeps)
    assert film.stop in film.shown
    assert picture.width <= 800
    assert len(made) < 3 * MB
    assert 9000 < lasting < 11000
    assert picture.info["loop"] == 0


def test_trajectories_of_a_thousand_particles_in_four_panels_stay_small():
    model = comparison.Model("grid-8x8")
    named = {name: schedules.SCHEDULES[name](8) for name in ("edm", "logsnr", "cosine", "time-uniform")}
    followed = trajectories.follow(model.denoiser(), named, generator=LevelNoise(0, 1000), n=1000, fine_calls=64)
    film = films.FlowFilm.of(followed, np.zeros((96, 96), np.uint8), 1.3, follow=1)
    made = films.flow_gif(film)
    picture, frames, lasting = gif(made)
    assert frames == film.frames == 33
    assert picture.width <= 800
    assert len(made) < 3 * MB
    assert 9000 < lasting < 11000
    assert len(films.flow_page(film, "a", "b")) - len(get_plotlyjs()) < 6 * MB


def test_what_moves_in_a_gif_is_drawn_in_the_colors_of_the_schedules():
    film = flow_film()
    picture, frames, _ = gif(films.flow_gif(film))
    picture.seek(frames - 1)
    seen = np.array(picture.convert("RGB")).reshape(-1, 3)
    for walk in film.walks:
        color = [int(walk.look.color[k : k + 2], 16) for k in (1, 3, 5)]
        assert (seen == color).all(axis=1).sum() > 20
    assert (seen == 255).all(axis=1).mean() > 0.3, "on white paper"


def test_a_search_of_very_many_sweeps_shows_some_and_its_stop():
    one = search_film()
    many = films.SearchFilm(one.start, list(one.sweeps) * 9, one.metric, one.optimum, stop=101)
    assert len(many.shown) <= films.search.MOST_FRAMES + 1
    assert {0, 101, len(many.sweeps) - 1} <= set(many.shown)
    assert many.label(101).endswith(": the rule stops here")


def test_the_frames_of_a_figure_say_what_the_search_reached():
    film = search_film()
    figure = json.loads(films.search_figure(film).to_json())
    assert [frame["name"] for frame in figure["frames"]] == [str(k) for k in range(len(film.shown))]
    for sweep, frame in zip(film.shown, films.search_figure(film).frames, strict=True):
        ways, levels, klub, score = frame.data
        assert np.nanmax(ways.y) == sweep
        np.testing.assert_array_equal(levels.x, film.sweeps[sweep].sigmas)
        assert klub.y[-1] == film.sweeps[sweep].klub.value
        assert score.y[-1] == film.sweeps[sweep].score.value


# --- the menu ------------------------------------------------------------------------------------------------------


def test_a_page_lists_what_it_has_drawn_itself_however_it_ends(monkeypatch):
    listed = []
    monkeypatch.setattr(downloads, "_menu", lambda page: listed.append((page, list(downloads._here().lines))))
    with downloads.menu("explore", nullcontext()):
        downloads.table("A table", str)
        downloads.table("A table", str)  # drawn anew, as in a fragment
    with downloads.menu("learn", nullcontext()):
        pass
    with suppress(ValueError), downloads.menu("train", nullcontext()):
        downloads.film("A film", str, str)
        raise ValueError("no such data")
    assert listed == [("explore", ["A table"]), ("train", ["A film"])]


def test_a_page_lets_go_of_what_it_offered_with_its_session():
    downloads.table("A table", str)
    for also in downloads.leaving.closing:
        also(downloads.leaving.this_session())
    assert not downloads._here().lines


def trained() -> None:
    import pandas as pd
    import streamlit as st

    from ays_toy.ui import downloads
    from ays_toy.ui.train import network

    downloads._here().lines.clear()  # what pages of other tests have offered, which were of no session either
    curves = pd.DataFrame({"step": [100, 200], "loss": [2.0, 1.5], "excess": [0.5, 0.0123456789]})
    network.curves(network.Shown("ring-8", "Your run", (), None, None, 0.01, curves))
    shown = downloads._here().lines
    st.json({title: one.files[0].make() for title, one in shown.items() if one.chart is None})
    st.text(sorted(shown))


def test_the_curves_of_a_training_are_in_the_one_menu_that_there_is() -> None:
    at = AppTest.from_function(trained).run()
    assert not at.exception
    assert at.text[0].value == "['Table of the training', 'Training']"
    assert "0.0123456789,1.5" in at.json[0].value
    assert not at.get("vega_lite_chart"), "which has a menu of its own"
    assert len(at.get("plotly_chart")) == 1


def test_the_curves_of_a_training_that_has_only_begun_are_there_too() -> None:
    def begun() -> None:
        import pandas as pd

        from ays_toy.ui.train import network

        curves = pd.DataFrame({"step": [], "loss": [], "excess": []})
        network.curves(network.Shown("ring-8", "Your run", (), None, None, 0.01, curves))

    at = AppTest.from_function(begun).run()
    assert not at.exception
    assert len(at.get("plotly_chart")) == 1
