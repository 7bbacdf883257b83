"""The implicit basis is the explicit one, and the kernel route the singular value one."""

from __future__ import annotations

import numpy as np

from skvi.models.linear_regression import coefficients, covariance, predictive
from skvi.models.linear_regression.basis import DualBasis, ExplicitBasis
from skvi.priors import Normal, Ridge
from tests.models.linear_regression import reference as ref


def test_dual_basis_is_the_explicit_one():
    rng = np.random.RandomState(0)
    rows = rng.standard_normal((5, 2100))
    left, singular, right = np.linalg.svd(rows, full_matrices=False)
    dual, explicit = DualBasis(rows, left / singular), ExplicitBasis(right.T)
    assert dual.rank == explicit.rank == 5
    new, factor = rng.standard_normal((3, 2100)), rng.standard_normal((5, 2))
    np.testing.assert_allclose(dual.project(new), explicit.project(new), atol=1e-12)
    np.testing.assert_allclose(dual.expand(factor), explicit.expand(factor), atol=1e-12)
    for features in (slice(None), slice(3, 7)):
        np.testing.assert_allclose(dual.part(features), explicit.part(features), atol=1e-13)


def test_kernel_and_singular_values_agree():
    X, y = ref.data(8, 20)
    duplicated = np.vstack([X, X[:1]]), np.append(y, y[0])
    weights = np.append([2.0], np.ones(7))
    for prior in (Ridge(), Normal(0.2, np.diag(np.linspace(1.0, 2.0, 20)))):
        *_, kernel, by_kernel = ref.fit(X, y, prior, weights=weights)
        *_, singular, by_values = ref.fit(*duplicated, prior)
        assert isinstance(kernel.spectrum.basis, DualBasis)
        assert isinstance(singular.spectrum.basis, ExplicitBasis)
        np.testing.assert_allclose(by_kernel, by_values, rtol=1e-10)
        new = X[:3] + 0.3
        np.testing.assert_allclose(
            predictive(new, kernel).std(), predictive(new, singular).std(), rtol=1e-9
        )
        np.testing.assert_allclose(
            coefficients(kernel).std(), coefficients(singular).std(), rtol=1e-9
        )
        np.testing.assert_allclose(covariance(kernel), covariance(singular), atol=1e-9)
