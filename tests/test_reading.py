"""Schedules that people bring: every way to write one down is read, and every other is refused in a sentence."""

import json
import re

import numpy as np
import pytest
import tiny_models
from hypothesis import given
from hypothesis import strategies as some

from ays_toy import images
from ays_toy.exchange import export
from ays_toy.exchange.fitting import fit_range
from ays_toy.exchange.reading import read_schedule
from ays_toy.sampling import schedules

LIST = (14.6146, 6.4746, 3.8637, 0.1515, 0.0292)
SENTENCE = re.compile(r"[A-Z].*\.", re.DOTALL)


def levels(text: str | bytes) -> tuple[float, ...]:
    return read_schedule(text).levels


def either(work, *arguments):
    """What comes of it, or None where it was refused, in a sentence."""
    try:
        return work(*arguments)
    except ValueError as error:
        refused = str(error)
    assert SENTENCE.fullmatch(refused), refused
    return None


# What is read


@pytest.mark.parametrize(
    "text",
    [
        "14.6146, 6.4746, 3.8637, 0.1515, 0.0292",
        "14.6146,6.4746,3.8637,0.1515,0.0292,",
        "14.6146 6.4746 3.8637 0.1515 0.0292",
        "14.6146\n6.4746\n3.8637\n0.1515\n0.0292\n",
        "14.6146, 6.4746,\r\n3.8637, 0.1515,\r\n0.0292",
        "14.6146, 6.4746\n3.8637, 0.1515\n0.0292",
        "[14.6146, 6.4746, 3.8637, 0.1515, 0.0292]",
        "(14.6146, 6.4746, 3.8637, 0.1515, 0.0292)",
        "[14.6146 6.4746 3.8637\n 0.1515 0.0292]",
        "1.46146e1, 6.4746E+0, +3.8637, .1515, 292e-4",
        "14.6146; 6.4746; 3.8637; 0.1515; 0.0292",
        "14,6146; 6,4746; 3,8637; 0,1515; 0,0292",
        "14.6146\t6.4746\t3.8637\t0.1515\t0.0292",
        "sigmas = [14.6146, 6.4746, 3.8637, 0.1515, 0.0292]",
        '"sigmas": [14.6146, 6.4746, 3.8637, 0.1515, 0.0292]',
        "sigmas: 14.6146, 6.4746, 3.8637, 0.1515, 0.0292",
        "array([14.6146, 6.4746, 3.8637, 0.1515, 0.0292])",
        "tensor([14.6146,  6.4746,  3.8637,\n         0.1515,  0.0292], device='cuda:0', dtype=torch.float64)",
        "[np.float64(14.6146), np.float64(6.4746), np.float64(3.8637), np.float64(0.1515), np.float64(0.0292)]",
        '{"sigmas": [14.6146, 6.4746, 3.8637, 0.1515, 0.0292]}',
        '{"method": "AYS", "sigmas": [14.6146, 6.4746, 3.8637, 0.1515, 0.0292], "final_zero": false}',
        "sigma\n14.6146\n6.4746\n3.8637\n0.1515\n0.0292",
        "level,sigma (no final zero)\n0,14.6146\n1,6.4746\n2,3.8637\n3,0.1515\n4,0.0292",
        "0,14.6146\n1,6.4746\n2,3.8637\n3,0.1515\n4,0.0292",
        "0 14.6146\n1 6.4746\n2 3.8637\n3 0.1515\n4 0.0292",
        "step;Sigma\n1;14,6146\n2;6,4746\n3;3,8637\n4;0,1515\n5;0,0292\n",
        "sigma,timestep,log snr\n14.6146,999,1\n6.4746,845,2\n3.8637,730,3\n0.1515,53,4\n0.0292,0,5",
        "step,noise\n1,14.6146\n2,6.4746\n3,3.8637\n4,0.1515\n5,0.0292",
        "my schedule\n14.6146 6.4746 3.8637 0.1515 0.0292",
        "# my schedule\n14.6146\n6.4746\n3.8637\n0.1515\n0.0292",
        "\ufeff14.6146 6.4746 3.8637 0.1515 0.0292",
        "\ufeff14.6146 6.4746 3.8637 0.1515 0.0292".encode(),
        "14.6146 6.4746 3.8637 0.1515 0.0292".encode("utf-16"),
        b'\xef\xbb\xbf{"sigmas": [14.6146, 6.4746, 3.8637, 0.1515, 0.0292]}',
    ],
)
def test_a_list_is_read_however_it_is_written_down(text):
    assert read_schedule(text).levels == LIST
    assert read_schedule(text).notes == ()


@pytest.mark.parametrize(
    "text",
    [
        "14.6, 0.5, 0",
        "14.6, 0.5, 0.0",
        "[14.6, 0.5, 0e5]",
        '{"sigmas": [14.6, 0.5, 0]}',
        '{"sigmas": [14.6, 0.5], "final_zero": true}',
        '{"sigmas": [14.6, 0.5, 0], "final_zero": true}',
        '{"sigmas": [14.6, 0.5, 0.0], "final_zero": false}',
        "level,sigma\n0,14.6\n1,0.5\n2,0",
    ],
)
def test_a_final_zero_is_kept_apart_however_it_is_said(text):
    assert levels(text) == (14.6, 0.5, 0.0)


def test_a_list_from_low_to_high_is_turned_with_a_word():
    for text in ("0.03 0.5 14.6", '{"sigmas": [0.03, 0.5, 14.6]}'):
        brought = read_schedule(text)
        assert brought.levels == (14.6, 0.5, 0.03)
        assert "turned" in " ".join(brought.notes)
    assert levels("0 0.03 0.5 14.6") == (14.6, 0.5, 0.03, 0.0)


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing to read"),
        (" \n\t ", "nothing to read"),
        ("[]", "nothing to read"),
        ('{"sigmas": []}', "nothing to read"),
        ("3", "One number"),
        ("[3]", "One number"),
        ("0", "One number"),
        ("level,sigma", "'level' where a number"),
        (b"\xff\xfe\x00", "not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not text"),
        ("14\x00.6", "not text"),
        ("14.6, 0.5, true", "'true' where a number"),
        ("[14.6, null]", "'null' where a number"),
        ("14.6, NaN, 0.5", "'NaN' where a number"),
        ("inf, 14.6, 0.5", "'inf' where a number"),
        ("14.6, 1_0, 0.5", "'1_0' where a number"),
        ("٣, ٢, ١", "where a number should be"),
        ('["14.6", "0.5"]', "where a number should be"),
        ("14.6, low, 0.5", "'low' where a number"),
        ("14.6, 0x5, 0.5", "'0x5' where a number"),
        ("x" * 9000, "where a number should be"),
        ('{"sigmas": [14.6, true]}', "true among the sigmas"),
        ('{"sigmas": [14.6, "0.5"]}', '"0.5" among the sigmas'),
        ('{"sigmas": [14.6, null]}', "null among the sigmas"),
        ('{"sigmas": [14.6, [0.5]]}', "a list among the sigmas"),
        ('{"sigmas": [Infinity, 0.5]}', "larger than"),
        ('{"sigmas": [NaN, 0.5]}', "NaN among the sigmas"),
        ('{"sigmas": 3}', "list of noise levels"),
        ('{"sigmas": {"a": 1}}', "list of noise levels"),
        ('{"levels": [2, 1]}', 'no "sigmas"'),
        ('{"timesteps": [999, 500, 0]}', "timesteps"),
        ('{"sigmas": [2, 1], "final_zero": 1}', "final_zero"),
        ('{"sigmas": [2, 1], "final_zero": "no"}', "final_zero"),
        ('{"sigmas": [2, 1]', "not whole"),
        ("{'sigmas': [2, 1]}", "not whole"),
        ("[14.6, 0.5", "not closed"),
        ("1e999, 14.6, 0.5", "larger than"),
        ("1" + "0" * 400 + ", 14.6", "larger than"),
        ('{"sigmas": [1e999, 1]}', "larger than"),
        ('{"sigmas": [1' + "0" * 400 + ", 1]}", "larger than"),
        ('{"sigmas": [1' + "0" * 6000 + ", 1]}", "larger than"),
        ("14.6, -0.5, 0.1", "above zero"),
        ("14.6, 0, 0.1", "zero"),
        ("14.6, 0.1, 0, 0", "zero"),
        ("14.6, 0.5, 0.5, 0.1", "twice"),
        ("14.6, 0.5, 0.7, 0.1", "0.7 comes after 0.5"),
        ("0.1, 0.5, 0.5, 14.6", "twice"),
        ("[[14.6, 0.5], [0.3, 0.1]]", "one list"),
        ("[" * 100_000, "one list|not closed"),
        ('{"sigmas":' * 30_000, "not whole"),
        ("[" * 5000 + "1" + "]" * 5000, "one list"),
        ('{"sigmas":' + "[" * 100_000 + "]" * 100_000 + "}", "not whole"),
        ("1 " * 20_000, "at most"),
        ("1 " * 2_000_000, "characters"),
        (b"1 " * 2_000_000, "characters"),
        ("9" * 399_000 + "x", "where a number should be"),  # at once
        ("[80. 40. ... 0.01 0.002]", "shortened"),
        ("80, 40, …, 0.002", "shortened"),
        ("999, 845, 730, 587, 443, 310, 193, 116, 53, 13, 0", "timesteps"),
        ("0 250 500 750 1000", "timesteps"),
        ("999.0, 749.0, 500.0", "timesteps"),
        ("a,b\n1,14.6\n5,0.5", 'named "sigma"'),
        ("sigma a,sigma b\n1,14.6\n2,0.5", 'named "sigma"'),
        ("step,sigma\n1,14.6\n2,0.5,3", "Row 3 has 3 columns"),
        ("step,sigma\n1,14.6\n2,", "'' where a number"),
    ],
)
def test_what_is_no_schedule_is_refused_in_a_sentence(text, message):
    with pytest.raises(ValueError, match=message) as error:
        read_schedule(text)
    said = str(error.value)
    assert SENTENCE.fullmatch(said), said
    assert len(said) < 300
    assert "\n" not in said


@given(some.one_of(some.text(max_size=60), some.text("0123456789.,;[]()eE+- \t\n#{}:\"'", max_size=60)))
def test_any_text_is_read_or_refused_in_a_sentence(text):
    brought = either(read_schedule, text)
    if brought is None:
        return
    found = np.array(brought.levels)
    assert np.isfinite(found).all()
    assert (found[:-1] > 0).all()
    assert (np.diff(found) < 0).all()


@given(some.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_a_sentence(data):
    either(read_schedule, data)


# The range


def test_a_list_over_the_models_range_stays_as_it_is_without_a_word():
    sigmas, said = fit_range(schedules.edm(5), 0.002, 80.0)
    np.testing.assert_array_equal(sigmas, schedules.edm(5))
    assert said is None


def test_rounded_ends_are_the_models_with_a_word():
    sigmas, said = fit_range(LIST, 0.0291672, 14.6146412)
    np.testing.assert_array_equal(sigmas, [14.6146412, *LIST[1:-1], 0.0291672])
    assert "0.0291672" in said
    sigmas, said = fit_range((15.0, 1.0, 0.03), 0.0291672, 14.6146412)
    np.testing.assert_array_equal(sigmas, [14.6146412, 1.0, 0.0291672])
    assert "14.6146" in said


@pytest.mark.parametrize(
    ("given_levels", "expected", "word"),
    [
        ((14.6, 1.0, 0.03), (80.0, 14.6, 1.0, 0.03, 0.002), "2 steps more"),
        ((14.6, 1.0, 0.002), (80.0, 14.6, 1.0, 0.002), "1 step more"),
        ((80.0, 1.0, 0.03), (80.0, 1.0, 0.03, 0.002), "1 step more"),
        ((80.0, 1.0, 0.03, 0.0), (80.0, 1.0, 0.03, 0.002), "final zero"),
        ((80.0, 1.0, 0.002, 0.0), (80.0, 1.0, 0.002), "final zero"),
        ((80.0, 0.0), (80.0, 0.002), "final zero"),
        ((0.002, 0.0), (80.0, 0.002), "final zero"),
        ((5.0, 0.0), (80.0, 5.0, 0.002), "1 step more"),
    ],
)
def test_a_narrower_list_is_extended_and_a_final_zero_becomes_the_lowest_level(given_levels, expected, word):
    sigmas, said = fit_range(given_levels, 0.002, 80.0)
    assert tuple(sigmas) == expected
    assert word in said
    assert SENTENCE.fullmatch(said)


@pytest.mark.parametrize(
    ("given_levels", "message"),
    [
        ((700.0, 54.5, 0.002), "700 to 0.002 .* 80 to 0.002"),
        ((80.0, 1.0, 0.0001), "80 to 0.0001 .* 80 to 0.002"),
        ((81.0, 80.5, 1.0, 0.002), "80 to 0.002"),
        ((80.0, 0.00205, 0.002, 0.00195), "80 to 0.002"),
        ((600.0, 300.0, 100.0, 1.0), "timesteps"),
        ((1.0, 0.9, 0.5, 0.1, 0.0), "flow"),
    ],
)
def test_a_list_beyond_the_models_range_is_refused_with_the_range(given_levels, message):
    with pytest.raises(ValueError, match=message) as error:
        fit_range(given_levels, 0.002, 80.0)
    assert SENTENCE.fullmatch(str(error.value))


def test_times_of_a_flow_become_noise_levels_for_flows_only():
    low, high = 0.001 / 0.999, 999.0
    sigmas, said = fit_range((1.0, 0.9, 0.5, 0.1, 0.0), low, high, flow=True)
    np.testing.assert_allclose(sigmas, [high, 9.0, 1.0, 1 / 9, low])
    assert "flow" in said
    sigmas, _ = fit_range((0.9, 0.5, 0.0001), low, high, flow=True)
    np.testing.assert_allclose(sigmas, [high, 9.0, 1.0, low])
    sigmas, said = fit_range((high, 9.0, low), low, high, flow=True)  # noise levels already
    np.testing.assert_allclose(sigmas, [high, 9.0, low])
    assert said is None
    with pytest.raises(ValueError, match=r"999 to 0\.001"):
        fit_range((1.0, 0.9999, 0.5), low, high, flow=True)


def test_more_steps_than_can_be_shown_are_refused():
    with pytest.raises(ValueError, match=r"41 steps.*at most 40"):
        fit_range(schedules.edm(41), 0.002, 80.0, most=40)
    with pytest.raises(ValueError, match=r"42 steps.*at most 40"):
        fit_range(schedules.edm(40, 0.01, 40.0), 0.002, 80.0, most=40)


RANGES = some.tuples(some.floats(1e-3, 0.5), some.floats(1.5, 300.0))


@given(some.lists(some.floats(0.001, 0.999), min_size=0, max_size=39, unique_by=lambda u: round(u, 3)), RANGES)
def test_whatever_is_exported_comes_back(places, ends):
    low, high = ends
    original = np.exp(np.log(low) + np.log(high / low) * np.array([1.0, *sorted(places, reverse=True), 0.0]))
    original[0], original[-1] = high, low
    inner = original[1:-1]
    near = ((inner > high / 1.04) | (inner < low * 1.04)).any()  # hardly apart from an end: not what is tested here
    texts = {
        "json": export.as_json(original, method="AYS"),
        "csv": export.as_csv(original),
        "comfyui": export.as_comfyui(original),
        "comfyui, appended": export.as_comfyui(original, final_zero="append"),
        "repr": repr(original.tolist()),
        "numpy": repr(original),
        "str": " ".join(map(repr, original.tolist())),
        "bytes": json.dumps(original.tolist()).encode("utf-8-sig"),
    }
    for way, text in texts.items():
        if near and way == "comfyui":
            continue
        sigmas, _ = fit_range(read_schedule(text).levels, low, high)
        np.testing.assert_allclose(sigmas, original, rtol=1e-5, err_msg=way)
        if way in ("json", "csv", "repr", "str", "bytes"):
            np.testing.assert_array_equal(sigmas, original, err_msg=way)


def test_what_is_exported_for_a_flow_comes_back(tmp_path):
    model = images.load(tiny_models.flux(tmp_path), prompts="a cat", size=16)
    original = schedules.edm(10, model.sigma_min, model.sigma_max)
    for zero in export.FINAL_ZERO:
        brought = read_schedule(export.as_comfyui(original, model, final_zero=zero))
        sigmas, _ = fit_range(brought.levels, model.sigma_min, model.sigma_max, flow=True)
        np.testing.assert_allclose(sigmas, original, rtol=1e-4)


@given(some.lists(some.floats(1e-4, 1e3), min_size=1, max_size=30, unique=True), some.booleans(), RANGES)
def test_what_is_fitted_runs_over_the_models_range_and_keeps_every_inner_level(found, zero, ends):
    low, high = ends
    given_levels = (*sorted(found, reverse=True), *([0.0] * zero))
    fitted = either(fit_range, given_levels, low, high)
    if fitted is None:
        return
    sigmas, said = fitted
    assert (sigmas[0], sigmas[-1]) == (high, low)
    assert (np.diff(sigmas) < 0).all()
    assert set(sigmas[1:-1]) <= set(found)
    assert len(set(found) - set(sigmas)) <= 2
    if said is None:
        np.testing.assert_allclose(sigmas, given_levels, rtol=1e-5)
