"""The echo of curvatures against its definition, in both ways of working it out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import block_diag

from skvi.models.linear_predictor import propagation
from skvi.models.linear_predictor.propagation import propagated, propagation_cost

ways = pytest.mark.parametrize("way", [propagation._by_squares, propagation._by_rows])


def problem(n_predictors, seed=0):
    """Rows of the design of every predictor, symmetric derivatives, changes and a form."""
    rng = np.random.RandomState(seed)
    n, n_weights, n_pairs = 7, 4, n_predictors * (n_predictors + 1) // 2
    image = 0.5 * rng.standard_normal((n, n_weights, n_predictors))
    in_variance = 0.02 * rng.standard_normal((n, n_pairs, n_pairs))
    in_variance += in_variance.swapaxes(1, 2)
    moved = rng.standard_normal((n * n_pairs + 1, 3))
    form = rng.standard_normal((n_weights, n_weights))
    return image, in_variance, moved, form @ form.T


def definition(image, in_variance, moved, form):
    """``moved' (1 + K D)^-1 K moved`` with symmetric squares of rows, one by one."""
    first, second = np.triu_indices(image.shape[2])
    squares = [
        0.5 * (np.outer(row[:, k], row[:, m]) + np.outer(row[:, m], row[:, k]))
        for row in image
        for k, m in zip(first, second, strict=True)
    ]
    if form is not None:
        squares.append(form)
    kernel = np.array([[np.sum(a * b) for a in squares] for b in squares])
    inner = block_diag(*in_variance, *([np.zeros((1, 1))] if form is not None else []))
    return moved.T @ np.linalg.solve(np.eye(len(kernel)) + kernel @ inner, kernel @ moved)


@ways
@pytest.mark.parametrize("n_predictors", [1, 2, 3])
@pytest.mark.parametrize("with_form", [False, True])
def test_it_is_its_definition(way, n_predictors, with_form):
    image, in_variance, moved, form = problem(n_predictors)
    moved, form = (moved, form) if with_form else (moved[:-1], None)
    expected = definition(image, in_variance, moved, form)
    np.testing.assert_allclose(way(image, in_variance, moved, form), expected, rtol=1e-9, atol=1e-9)
    found = propagated(image, in_variance, moved, form)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("n_curvatures", "n_weights"), [(10**4, 5), (30, 40)])
def test_the_cheaper_way_is_taken(n_curvatures, n_weights, monkeypatch):
    by_squares, by_rows = propagation._costs(n_curvatures, n_weights)
    assert propagation_cost(n_curvatures, n_weights) == min(by_squares, by_rows)
    worse = "_by_rows" if by_squares < by_rows else "_by_squares"
    monkeypatch.setattr(propagation, worse, None)
    shape = n_curvatures, 1, 1
    found = propagated(
        np.zeros((n_curvatures, n_weights, 1)), np.zeros(shape), np.zeros((n_curvatures, 1))
    )
    assert found == 0.0


def test_an_echo_that_grows_is_an_error():
    image, in_variance, moved, form = problem(1)
    with pytest.raises(np.linalg.LinAlgError):
        propagation._by_squares(image, np.full_like(in_variance, -100.0), moved, form)
