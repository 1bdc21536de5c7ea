import numpy as np
import pytest
import torch
from diffusers import EDMEulerScheduler
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from ays_toy import checks
from ays_toy.sampling import schedules
from ays_toy.sampling.schedules import SCHEDULES

NAMES = sorted(SCHEDULES)
steps = st.integers(1, 200)
ranges = st.tuples(st.floats(1e-3, 10.0), st.floats(1e-6, 12.0)).map(lambda r: (r[0], r[0] * np.exp(r[1])))


def even(values):
    gaps = np.diff(values)
    return np.allclose(gaps, gaps.mean(), rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
@given(n=steps, ends=ranges)
def test_every_family_runs_from_end_to_end_strictly_descending(name, n, ends):
    low, high = ends
    levels = SCHEDULES[name](n, low, high)
    assert levels.shape == (n + 1,)
    assert levels.dtype == np.float64
    assert (levels[0], levels[-1]) == (high, low)
    assert (np.diff(levels) < 0).all()


def test_the_families_are_those_of_the_paper():
    assert set(SCHEDULES) == {"edm", "logsnr", "time-uniform", "time-quadratic", "cosine", "gaussian"}
    for build in SCHEDULES.values():
        assert (build(10)[0], build(10)[-1]) == (80.0, 0.002)


@pytest.mark.parametrize("n", [1, 5, 18, 50])
def test_edm_equals_diffusers(n):
    theirs = EDMEulerScheduler(sigma_min=0.002, sigma_max=80.0, rho=7.0)
    theirs.set_timesteps(n + 1)
    np.testing.assert_allclose(schedules.edm(n), theirs.sigmas[:-1].numpy(), rtol=3e-6)  # theirs is float32


@given(n=steps, ends=ranges)
def test_each_family_is_even_in_its_own_variable(n, ends):
    assert even(schedules.edm(n, *ends) ** (1 / 7))
    assert even(schedules.edm(n, *ends, rho=1.0))
    assert even(np.log(schedules.logsnr(n, *ends)))
    assert even(schedules.vp_time(schedules.time_uniform(n, *ends)))
    assert even(np.sqrt(schedules.vp_time(schedules.time_quadratic(n, *ends))))
    assert even(np.arctan(schedules.gaussian(n, *ends) / 0.5))
    assert even(np.arctan(schedules.gaussian(n, *ends, std=2.0) / 2.0))


def test_logsnr_is_the_limit_of_edm_at_rate_one_over_rho():
    errors = [np.abs(np.log(schedules.edm(10, rho=rho) / schedules.logsnr(10))).max() for rho in (1e3, 1e4, 1e5)]
    assert errors[-1] < 1e-3
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 10, rtol=0.05)


@pytest.mark.parametrize("s", [1e-4, 0.01, 0.2, 0.5, 1.0])
def test_vp_sigma_is_the_noise_to_signal_ratio_of_the_linear_beta_process(s):
    kept = np.exp(-quad(lambda time: 0.1 + 19.9 * time, 0, s)[0])  # squared signal left at time s
    assert schedules.vp_sigma(s) == pytest.approx(np.sqrt((1 - kept) / kept), rel=1e-9)


@given(st.floats(1e-8, 1e6))
def test_vp_time_inverts_vp_sigma_at_all_levels(sigma):
    assert schedules.vp_sigma(schedules.vp_time(sigma)) == pytest.approx(sigma, rel=1e-11)


@pytest.mark.parametrize("n", [2, 5, 10, 40])
def test_cosine_has_the_cosine_log_snr_inside_the_range(n):
    u = np.linspace(1, 0, n + 1)[1:-1]
    squared_signal = np.cos(np.pi * u / 2) ** 2  # Nichol and Dhariwal's alpha-bar without offset
    inner = schedules.cosine(n)[1:-1]
    np.testing.assert_allclose(-2 * np.log(inner), np.log(squared_signal / (1 - squared_signal)), atol=1e-12)
    np.testing.assert_allclose(inner * inner[::-1], 1.0)  # signal and noise change places


def test_cosine_runs_evenly_in_angle_where_the_range_clips_it():
    for n, low, high in ((400, 0.002, 80.0), (10, 0.5, 0.7), (3, 2.0, 4.0)):
        angles = np.arctan(schedules.cosine(n, low, high))
        assert np.tan(np.pi / 2 / n) <= low or np.tan(np.pi / 2 * (1 - 1 / n)) >= high
        assert even(angles)


def gaussian_ode_log_f(sigmas, c):
    """log f of Thm 3.1, where n Euler steps have KL (f - 1 - log f) / 2; f grows from 1 as the steps get worse."""
    high, low = sigmas[:-1], sigmas[1:]
    return np.sum(np.log((high**2 + c**2) * (low**2 + c**2) / (high * low + c**2) ** 2))


@given(n=st.integers(2, 20), c=st.floats(0.1, 3.0), moves=st.lists(st.floats(-1, 1), min_size=19, max_size=19))
def test_no_perturbed_schedule_beats_the_gaussian_family_on_the_ode(n, c, moves):
    best = schedules.gaussian(n, std=c)
    other = best.copy()
    other[1:-1] *= np.exp(moves[: n - 1])
    assert gaussian_ode_log_f(best, c) <= gaussian_ode_log_f(np.sort(other)[::-1], c) + 1e-12


# --- any schedule ---------------------------------------------------------------------------------------------------

descending = st.lists(st.floats(1e-3, 2.0), min_size=1, max_size=30).map(lambda gaps: np.exp(-np.cumsum([0, *gaps])))


@given(descending)
def test_interpolating_to_its_own_or_twice_the_steps_keeps_every_level(levels):
    n = levels.size - 1
    np.testing.assert_allclose(schedules.interpolate(levels, n), levels, rtol=1e-12)
    np.testing.assert_allclose(schedules.interpolate(levels, 3 * n)[::3], levels, rtol=1e-12)


@given(descending, st.integers(1, 100))
def test_interpolation_keeps_the_ends_and_stays_between_neighbors(levels, n):
    resampled = schedules.interpolate(levels, n)
    assert resampled.shape == (n + 1,)
    assert (resampled[0], resampled[-1]) == (levels[0], levels[-1])
    index = np.arange(n + 1) * (levels.size - 1) / n
    above = np.floor(index + 1e-9).astype(int)
    below = np.ceil(index - 1e-9).astype(int)
    assert (resampled <= levels[above] * (1 + 1e-12)).all()
    assert (resampled >= levels[below] * (1 - 1e-12)).all()


@given(descending)
def test_subdividing_halves_every_step_in_log_sigma(levels):
    finer = schedules.subdivide(levels)
    np.testing.assert_array_equal(finer[::2], levels)
    np.testing.assert_allclose(np.diff(np.log(finer)), np.repeat(np.diff(np.log(levels)) / 2, 2), rtol=1e-9)


@given(steps)
def test_subdividing_logsnr_gives_logsnr(n):
    np.testing.assert_allclose(schedules.subdivide(schedules.logsnr(n)), schedules.logsnr(2 * n), rtol=1e-12)


@pytest.mark.parametrize("levels", [[3, 1], (3.0, 1.0), np.array([3, 1]), torch.tensor([3.0, 1.0])])
def test_validate_accepts_any_list_of_numbers_and_copies_it(levels):
    checked = schedules.validate(levels)
    assert checked.dtype == np.float64
    checked[0] = 99.0
    assert float(levels[0]) == 3.0


@pytest.mark.parametrize(
    ("levels", "advice"),
    [
        ([2.0, 1.0, -1.0], "above zero: level 2"),
        ([2.0, 1.0, 0.0], "final zero"),
        ([np.inf, 1.0], "level 0 is not a finite"),
        ([2.0, np.nan, 1.0], "level 1 is not a finite"),
        ([1.0, 2.0], "sort them"),
        ([3.0, 2.0, 2.0, 1.0], "remove equal"),
        ([1.0], "at least two"),
        ([], "at least two"),
        (5.0, "at least two"),
        ([[3.0, 2.0], [2.0, 1.0]], "at least two noise levels in one list"),
        ("80, 1, 0.002", "list of numbers"),
        (["a", "b"], "list of numbers"),
        ([[3.0, 2.0], [1.0]], "list of numbers"),
        (None, "at least two|list of numbers"),
    ],
)
def test_a_bad_schedule_is_refused_with_advice(levels, advice):
    for function in (schedules.validate, schedules.subdivide, lambda s: schedules.interpolate(s, 5)):
        with pytest.raises(ValueError, match=advice):
            function(levels)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [0, -3, 2.5, True, "ten", None, np.nan, np.inf, 10_001, [5]])
def test_a_bad_number_of_steps_is_refused(name, n):
    with pytest.raises(ValueError, match="The number of steps must be a whole number from 1 to 10000"):
        SCHEDULES[name](n)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("low", "high", "advice"),
    [
        (80.0, 0.002, "below sigma_max"),
        (1.0, 1.0, "below sigma_max"),
        (0.0, 80.0, "sigma_min must be"),
        (-1.0, 80.0, "sigma_min must be"),
        (np.nan, 80.0, "sigma_min must be"),
        ("low", 80.0, "sigma_min must be"),
        (0.002, np.inf, "sigma_max must be"),
        (0.002, np.nan, "sigma_max must be"),
        (0.002, "high", "sigma_max must be"),
        (0.002, None, "sigma_max must be"),
    ],
)
def test_a_bad_range_is_refused(name, low, high, advice):
    with pytest.raises(ValueError, match=advice):
        SCHEDULES[name](10, low, high)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, "seven"])
def test_bad_shape_parameters_are_refused(value):
    with pytest.raises(ValueError, match="rho must be"):
        schedules.edm(10, rho=value)
    with pytest.raises(ValueError, match="std must be"):
        schedules.gaussian(10, std=value)


# --- checks ---------------------------------------------------------------------------------------------------------


def test_lookup_names_what_can_be_chosen():
    assert checks.lookup({"a": 1}, "a", "letter") == 1
    for unknown in ("c", 3, None, ["a"]):
        with pytest.raises(ValueError, match=r"Unknown letter .*: choose one of a, b\."):
            checks.lookup({"a": 1, "b": 2}, unknown, "letter")


def test_whole_numbers_may_come_as_floats_and_arrays_but_must_be_whole():
    assert checks.whole_number(5.0, "n", 1) == checks.whole_number(np.int64(5), "n", 1) == 5
    assert isinstance(checks.whole_number(np.float32(5), "n", 1), int)
    with pytest.raises(ValueError, match=r"n must be a whole number of at least 1, not 4\.5"):
        checks.whole_number(4.5, "n", 1)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_real_number_is_accepted_exactly_where_it_lies_in_the_bounds(value):
    if -1 <= value <= 2:
        assert checks.real_number(value, "x", -1, 2) == value
    else:
        with pytest.raises(ValueError, match="x must be a number from -1 to 2"):
            checks.real_number(value, "x", -1, 2)
