"""What is read off a posterior, against explicit changes of units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import block_diag

from skvi.models.linear_predictor.design import Units
from skvi.models.linear_predictor.posterior import (
    Posterior,
    in_table_units,
    weight_covariance,
    weight_variances,
)
from skvi.models.linear_predictor.scale import Scale

SCALE = Scale(1.0, 0.0, 0.0)


def posterior_of(n_features=3, intercept=True, n_predictors=1, active=None, kind="full", seed=0):
    rng = np.random.RandomState(seed)
    centre = rng.standard_normal(n_features) * intercept
    units = Units(centre, rng.uniform(0.5, 2.0, n_features), intercept)
    size = n_predictors * units.n_columns
    active = np.arange(size) if active is None else np.asarray(active)
    n = len(active)
    root = {
        "full": np.tril(rng.standard_normal((n, n))) + 2.0 * np.eye(n),
        "independent": rng.uniform(0.5, 2.0, n),
        "blocks": np.tril(rng.standard_normal((n_predictors,) + (units.n_columns,) * 2)),
    }[kind]
    mean = rng.standard_normal(n)
    return Posterior(units, n_predictors, active, mean, root, SCALE, np.empty(0))


def change(units, n_predictors):
    """Matrix from standardised weights to those of the columns as they are."""
    p = len(units.scale)
    one = np.diag(np.append(1.0 / units.scale, np.ones(units.n_columns - p)))
    if units.intercept:
        one[p, :p] = -units.centre / units.scale
    return np.kron(np.eye(n_predictors), one)


def covariance_of(posterior):
    """Of standardised flat weights, active or not."""
    root = posterior.root
    if root.ndim == 1:
        own = np.diag(root**2)
    else:
        own = block_diag(*(r.T @ r for r in (root if root.ndim == 3 else [root])))
    whole = np.zeros((posterior.n_weights,) * 2)
    whole[np.ix_(posterior.active, posterior.active)] = own
    return whole


CASES = {
    "one": {},
    "no intercept": {"intercept": False},
    "two predictors": {"n_predictors": 2},
    "chosen columns": {"n_predictors": 2, "active": [0, 1, 2, 3, 5, 7]},
    "independent": {"kind": "independent"},
    "independent, no intercept": {"kind": "independent", "intercept": False},
    "blocks": {"n_predictors": 3, "kind": "blocks"},
}


@pytest.mark.parametrize("name", CASES)
def test_moments_in_the_units_of_the_table(name):
    posterior = posterior_of(**CASES[name])
    matrix = change(posterior.units, posterior.n_predictors)
    covariance = covariance_of(posterior)
    expected = matrix @ covariance @ matrix.T
    d = posterior.n_predictors
    mean = np.zeros(posterior.n_weights)
    mean[posterior.active] = posterior.mean
    actual = in_table_units(posterior, posterior.flat_mean())
    np.testing.assert_allclose(actual.ravel(), matrix @ mean, rtol=1e-12)
    sds = np.sqrt(np.diag(covariance))[posterior.active]
    np.testing.assert_allclose(posterior.sds(), sds, rtol=1e-12)
    np.testing.assert_allclose(weight_covariance(posterior), expected, rtol=1e-11, atol=1e-13)
    mix = np.random.RandomState(1).standard_normal((d + 1, d))
    blocks = expected.reshape(d, -1, d, posterior.units.n_columns)
    variances = np.einsum("kd,djej,ke->kj", mix, blocks, mix)
    np.testing.assert_allclose(weight_variances(posterior, mix), variances, rtol=1e-11)


@pytest.mark.parametrize("name", CASES)
def test_predictors_are_the_same_in_either_units(name):
    posterior = posterior_of(**CASES[name])
    X = np.random.RandomState(2).standard_normal((7, 3))
    units = posterior.units
    standardised = (X - units.centre) / units.scale
    ones = np.ones((7, int(units.intercept)))
    flat = posterior.flat_mean().reshape(posterior.n_predictors, -1)
    eta = np.column_stack([standardised, ones]) @ flat.T
    weights = in_table_units(posterior, posterior.flat_mean())
    np.testing.assert_allclose(np.column_stack([X, ones]) @ weights.T, eta, rtol=1e-11)


def test_sizes():
    posterior = posterior_of(**CASES["chosen columns"])
    assert posterior.n_weights == 8
    assert not posterior.is_whole
    assert posterior.flat_root().shape == (6, 8)
    assert posterior_of().is_whole
