import re

import numpy as np
import pytest
from diffusers.schedulers import AysSchedules

from ays_toy.images import published
from ays_toy.sampling.schedules import interpolate

# The paper's published table, 11 noise levels each, and their timesteps.
PAPER = {
    "sd15": (
        "14.615 6.475 3.861 2.697 1.886 1.396 0.963 0.652 0.399 0.152 0.029",
        "999 850 736 645 545 455 343 233 124 24 0",
    ),
    "sdxl": (
        "14.615 6.315 3.771 2.181 1.342 0.862 0.555 0.380 0.234 0.113 0.029",
        "999 845 730 587 443 310 193 116 53 13 0",
    ),
    "deepfloyd": (
        "160.41 8.081 3.315 1.885 1.207 0.785 0.553 0.293 0.186 0.030 0.006",
        "995 920 811 686 555 418 315 174 109 12 0",
    ),
    "svd": ("700.00 54.5 15.886 7.977 4.248 1.789 0.981 0.403 0.173 0.034 0.002", None),
}


@pytest.mark.parametrize("name", PAPER)
def test_published_schedules_are_those_of_the_paper(name):
    sigmas, timesteps = PAPER[name]
    found = published.get(name)
    np.testing.assert_array_equal(found.sigmas, np.array(sigmas.split(), dtype=float))
    assert found.timesteps == (None if timesteps is None else tuple(map(int, timesteps.split())))


def test_all_that_diffusers_ships_is_there_and_differs_in_the_last_level_alone():
    shipped = {key: np.array(values) for key, values in AysSchedules.items() if key.endswith("Sigmas")}
    ours = {name: one for name, one in published.everything().items() if "AysSchedules" in one.source}
    assert len(ours) == len(shipped) == 3
    for one in ours.values():
        key = re.search(r"AysSchedules\['(\w+)'\]", one.source).group(1)
        np.testing.assert_array_equal(one.sigmas[:-1], shipped[key][:-1])
        assert shipped[key][-1] == 0 < one.sigmas[-1]


@pytest.mark.parametrize("name", ["sd15", "sdxl"])
def test_timesteps_and_levels_belong_together(name):
    """Stable Diffusion's noise levels at the published timesteps are the published ones, to their three digits."""
    betas = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    power = np.cumprod(1 - betas)
    found = published.get(name)
    levels = np.sqrt((1 - power) / power)[list(found.timesteps)]
    np.testing.assert_allclose(found.sigmas, levels, rtol=0.02, atol=6e-4)


def test_other_numbers_of_steps_are_interpolated_in_log_sigma():
    sigmas = published.schedule("sdxl", 20)
    assert sigmas.size == 21
    np.testing.assert_allclose(sigmas[::2], published.get("sdxl").sigmas, rtol=1e-12)
    np.testing.assert_allclose(sigmas[1::2] ** 2, sigmas[:-1:2] * sigmas[2::2], rtol=1e-12)


def test_a_range_takes_the_place_of_the_ends():
    sigmas = published.schedule("sd15", 10, 0.0291675, 14.6146)
    assert (sigmas[0], sigmas[-1]) == (14.6146, 0.0291675)
    np.testing.assert_allclose(sigmas[1:-1], published.get("sd15").sigmas[1:-1])
    np.testing.assert_allclose(published.schedule("sd15", 7, 0.0291675, 14.6146), interpolate(sigmas, 7), rtol=1e-12)
    with pytest.raises(ValueError, match=r"must hold its inner levels, 6\.475 to 0\.152"):
        published.schedule("sd15", 10, 0.2, 80.0)
    with pytest.raises(ValueError, match="Unknown published schedule 'sd3'"):
        published.schedule("sd3", 10)
