"""Responsibilities at the states scikit-learn's BayesianGaussianMixture ends in.

Full and tied covariances agree for any number of columns. For diagonal and spherical ones
scikit-learn takes the expected log-determinant of a D-dimensional Wishart, which is that of
independent gamma precisions for one column only.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.special import digamma
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture

from skvi.families.dirichlet import Dirichlet
from skvi.families.normal_gamma import NormalGamma
from skvi.families.normal_wishart import NormalWishart
from skvi.families.stick_breaking import StickBreaking
from skvi.models.gaussian_mixture import GaussianMixtureModel, weights
from skvi.models.gaussian_mixture.components import STRUCTURES
from skvi.models.gaussian_mixture.components.tied import TiedNormalWishart
from skvi.models.gaussian_mixture.kernels import log_responsibilities
from tests.models.gaussian_mixture.small import clusters


def theirs(X, structure, weight_prior):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return BayesianGaussianMixture(
            n_components=4,
            covariance_type=structure,
            weight_concentration_prior_type=weight_prior,
            max_iter=7,
            random_state=0,
        ).fit(X)


def our_probabilities(X, fit, structure, offset=0.0):
    covariances, beta = fit.covariances_, fit.mean_precision_
    nu = np.asarray(fit.degrees_of_freedom_)
    if structure == "full":
        scale = covariances * nu[:, None, None]
        distribution = NormalWishart(fit.means_, beta, nu, scale)
    elif structure == "tied":
        distribution = TiedNormalWishart(fit.means_, beta, nu, covariances * nu)
    else:
        rate = 0.5 * nu[:, None] * covariances.reshape(4, -1)
        shape = np.broadcast_to(0.5 * nu[:, None], rate.shape)
        distribution = NormalGamma(fit.means_, beta[:, None], shape, rate)
    concentration = fit.weight_concentration_
    sticks = StickBreaking(*concentration) if isinstance(concentration, tuple) else None
    described = weights.describe(sticks or Dirichlet(concentration))
    model = GaussianMixtureModel(4, X.shape[1], structure)
    components = STRUCTURES[structure].describe(distribution)
    logits = model.logits(components, described.expected_log + offset)
    return np.exp(log_responsibilities(X, logits, X.mean(axis=0), structure)[0])


@pytest.mark.parametrize("weight_prior", ["dirichlet_distribution", "dirichlet_process"])
@pytest.mark.parametrize(
    ("structure", "n_features"),
    [("full", 1), ("full", 3), ("tied", 1), ("tied", 3), ("diag", 1), ("spherical", 1)],
)
def test_responsibilities_agree(structure, n_features, weight_prior):
    X = clusters(200, n_features, distance=1.5)
    fit = theirs(X, structure, weight_prior)
    computed = our_probabilities(X, fit, structure)
    np.testing.assert_allclose(computed, fit.predict_proba(X), atol=1e-10, rtol=0)


@pytest.mark.parametrize("weight_prior", ["dirichlet_distribution", "dirichlet_process"])
@pytest.mark.parametrize("structure", ["diag", "spherical"])
@pytest.mark.parametrize("n_features", [2, 5])
def test_responsibilities_differ_by_the_log_determinant_of_a_wishart(
    structure, n_features, weight_prior
):
    """scikit-learn takes a full matrix's expected log determinant for diagonal ones, too."""
    X = clusters(200, n_features, distance=1.5)
    fit = theirs(X, structure, weight_prior)
    nu = np.asarray(fit.degrees_of_freedom_)[:, None]
    of_wishart = digamma(0.5 * (nu - np.arange(n_features))).sum(axis=1)
    offset = 0.5 * (of_wishart - n_features * digamma(0.5 * nu[:, 0]))
    computed = our_probabilities(X, fit, structure, offset)
    np.testing.assert_allclose(computed, fit.predict_proba(X), atol=1e-10, rtol=0)
    assert np.abs(our_probabilities(X, fit, structure) - computed).max() > 1e-6
