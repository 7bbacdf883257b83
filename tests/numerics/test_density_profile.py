"""Profiles: the mode is found from afar, edges are told from slopes, tails are covered."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.density_profile import DROP, cover_tails, find_mode, resolve_edge


def bump(mode, width):
    return lambda u: -0.5 * ((u - mode) / width) ** 2


def above(edge, density):
    return lambda u: np.where(u > edge, density(u), -np.inf)


@pytest.mark.parametrize("centre", [0.0, 3.0, -1e4])
@pytest.mark.parametrize("width", [1e-6, 1.0, 1e5])
def test_mode_is_found_and_resolved(centre, width):
    profile = find_mode(bump(3.0, width), centre, 1.0)
    best = profile.best
    assert abs(profile.position[best] - 3.0) < width
    assert profile.value[best - 1 : best + 2].min() >= profile.value[best] - 0.25
    assert np.all(np.diff(profile.position) > 0.0)


@pytest.mark.parametrize(
    "log_density",
    [lambda u: np.full(u.shape, -np.inf), lambda u: u],
    ids=["nowhere", "rising for ever"],
)
def test_what_has_no_mode_is_refused(log_density):
    with pytest.raises(ValueError, match="no mode"):
        find_mode(log_density, 0.0, 1.0)


def test_an_infinite_density_is_refused():
    with pytest.raises(ValueError, match="infinite at"):
        find_mode(lambda u: np.where(u == 0.0, np.inf, -u * u), 0.0, 1.0)


@pytest.mark.parametrize("edge", [-0.7, 0.3])
def test_a_jump_to_zero_is_located_to_rounding(edge):
    density = above(edge, bump(1.0, 1.0))
    _, found = resolve_edge(density, find_mode(density, 1.0, 1.0), -1)
    assert found == pytest.approx(edge, rel=1e-14)


def test_there_is_no_edge_where_a_density_falls_off_before_it():
    density = above(-50.0, bump(0.0, 1.0))
    assert resolve_edge(density, find_mode(density, 0.0, 1.0), -1)[1] is None
    smooth = bump(0.0, 1.0)
    assert resolve_edge(smooth, find_mode(smooth, 0.0, 1.0), 1)[1] is None


@pytest.mark.parametrize("degrees", [1.0, 30.0])
def test_tails_are_probed_until_they_do_not_matter(degrees):
    def student_t(u):
        return -0.5 * (degrees + 1.0) * np.log1p(u * u / degrees)

    profile, integrand = cover_tails(student_t, find_mode(student_t, 0.0, 1.0))
    assert integrand.shape == profile.position.shape
    assert max(integrand[0], integrand[-1]) <= profile.value[profile.best] - DROP


def test_a_tail_that_never_falls_off_is_refused():
    def one_over_distance(u):
        return -np.log1p(np.abs(u))

    with pytest.raises(ValueError, match="diverges"):
        cover_tails(one_over_distance, find_mode(one_over_distance, 0.0, 1.0))
