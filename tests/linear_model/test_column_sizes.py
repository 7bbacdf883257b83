"""Columns whose sizes are many powers of ten apart, and columns that depend on each other.

The references are exact: posteriors in hundreds of digits, from the rows as they are.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import special, stats

from skvi import VariationalBayesianRegression
from skvi.priors import Gamma, Normal, Ridge

SHAPE, RATE = 1.0, 0.01
KAPPA = 1e-2  # the prior of the intercept is worth so many rows
DIGITS = 400


def uneven(decades, n_rows=40, n_columns=4, seed=0):
    """Columns whose sizes span so many powers of ten, two of them nearly alike otherwise."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns))
    X[:, 1] = X[:, 0] + 1e-2 * X[:, 1]
    y = 100.0 * (X[:, 1] - X[:, 0]) + X[:, 2] + 0.1 * rng.standard_normal(n_rows)
    exponents = rng.permutation(np.linspace(-0.5, 0.5, n_columns) * decades)
    return X * 10.0**exponents, y


def centred(X, y, fit_intercept):
    """Rows and targets about their means, as exact matrices."""
    rows, targets = mpmath.matrix(X.tolist()), mpmath.matrix(y.tolist())
    for j in range(X.shape[1] * fit_intercept):
        rows[:, j] = rows[:, j] - mpmath.fsum(rows[:, j]) / len(X)
    return rows, targets - fit_intercept * mpmath.fsum(targets) / len(X)


class ExactRidge:
    """Posterior under ``Ridge(alpha)`` and Gamma noise: a multivariate Student-t."""

    def __init__(self, X, y, alpha, fit_intercept=True):
        n, p = X.shape
        with mpmath.workdps(DIGITS):
            rows, target = centred(X, y, fit_intercept)
            alpha, gram = mpmath.mpf(float(alpha)), rows.T * rows
            precision = gram + alpha * mpmath.eye(p)
            self.inverse, products = precision**-1, rows.T * target
            mean = self.inverse * products
            self.shape = SHAPE + 0.5 * n
            squares = (target.T * target)[0] - (products.T * mean)[0]
            self.rate = float(RATE + squares / 2)
            self.mean = np.array(mean, dtype=float).ravel()
            diagonal = [self.inverse[j, j] for j in range(p)]
            self.sd = np.sqrt(self.noise_variance * np.array(diagonal, dtype=float))
            shrinkage = (p * mpmath.log(alpha) - mpmath.log(mpmath.det(precision))) / 2
        self.elbo = special.gammaln(self.shape) - special.gammaln(SHAPE) + SHAPE * np.log(RATE)
        self.elbo += float(shrinkage) - self.shape * np.log(self.rate) - 0.5 * n * np.log(2 * np.pi)
        self.elbo -= 0.5 * np.log1p(n / KAPPA) * fit_intercept
        self.centre, self.rows, self.n_extra = X.mean(axis=0), rows, fit_intercept / (n + KAPPA)

    @property
    def noise_variance(self):
        return self.rate / (self.shape - 1.0)

    def predictive_sd(self):
        """Of new targets at the rows themselves."""
        with mpmath.workdps(DIGITS):
            leverage = [
                (row * self.inverse * row.T)[0]
                for row in (self.rows[i, :] for i in range(self.rows.rows))
            ]
        return np.sqrt(self.noise_variance * (1.0 + self.n_extra + np.array(leverage, dtype=float)))

    def assert_same(self, fitted, X, tolerance):
        sd = np.sqrt(np.diag(fitted.sigma_))
        np.testing.assert_array_less(np.abs(fitted.coef_ - self.mean), tolerance * self.sd)
        np.testing.assert_allclose(sd, self.sd, rtol=tolerance)
        np.testing.assert_allclose(fitted.posterior_.coef.sd, self.sd, rtol=tolerance)
        np.testing.assert_allclose(
            fitted.predict(X, return_std=True)[1], self.predictive_sd(), rtol=tolerance
        )
        assert fitted.elbo_ == pytest.approx(self.elbo, abs=100.0 * tolerance)


def fit(X, y, prior, **options):
    return VariationalBayesianRegression(
        prior=prior, noise_prior=Gamma(SHAPE, RATE), **options
    ).fit(X, y)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("decades", [0, 4, 10, 16, 30, 48])
def test_sizes_of_columns_do_not_matter(decades, share, fit_intercept):
    """A ridge as small as the smallest column, between, or as large as the largest one."""
    for seed in range(3):
        X, y = uneven(decades, seed=seed)
        smallest, largest = np.sort(np.sum(X**2, axis=0))[[0, -1]]
        alpha = 1e-2 * smallest ** (1.0 - share) * largest**share
        fitted = fit(X, y, Ridge(alpha), fit_intercept=fit_intercept)
        ExactRidge(X, y, alpha, fit_intercept).assert_same(fitted, X, 1e-6)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("decades", [0, 4, 10, 16])
@pytest.mark.parametrize("n_rows", [3, 6])
def test_sizes_of_columns_do_not_matter_in_wide_designs(n_rows, decades, share):
    for seed in range(3):
        rng = np.random.RandomState(seed)
        X = rng.standard_normal((n_rows, 8)) * rng.permutation(10.0 ** np.linspace(0, -decades, 8))
        y = rng.standard_normal(n_rows)
        smallest, largest = np.sort(np.sum(X**2, axis=0))[[0, -1]]
        alpha = max(1e-2 * smallest ** (1.0 - share) * largest**share, 1e-20 * largest)
        ExactRidge(X, y, alpha).assert_same(fit(X, y, Ridge(alpha)), X, 1e-6)


@pytest.mark.parametrize("decades", [0, 6, 12, 24])
def test_learned_alpha(decades):
    for seed in range(4):
        X, y = uneven(decades, seed=seed, n_rows=20 + 20 * (seed % 2))
        if seed > 1:
            y = np.random.RandomState(seed).standard_normal(len(y))
        log_evidence, mean, sd = exact_learned(X, y)
        fitted = fit(X, y, Ridge())
        assert fitted.elbo_ == pytest.approx(log_evidence, abs=1e-6)
        np.testing.assert_array_less(np.abs(fitted.coef_ - mean), 1e-6 * sd)
        np.testing.assert_allclose(np.sqrt(np.diag(fitted.sigma_)), sd, rtol=1e-4)


def exact_learned(X, y):
    """Log evidence, means and deviations with alpha learned: sums over a fine grid of alpha."""
    n, p = X.shape
    with mpmath.workdps(DIGITS):
        rows, target = centred(X, y, True)
        values, vectors = mpmath.eigsy(rows.T * rows)
        along = [(vectors[:, j].T * (rows.T * target))[0] for j in range(p)]
        explained = sum(a * a / d for a, d in zip(along, values, strict=True))
        outside = float((target.T * target)[0] - explained)
        values = np.array(values.tolist(), dtype=float).ravel()
        along = np.array(along, dtype=float) / np.sqrt(values)
        vectors = np.array(vectors.tolist(), dtype=float)
    log_alpha = np.linspace(-160.0, 160.0, 40001)
    alpha = np.exp(log_alpha)
    share = alpha / (alpha + values[:, None])
    rate, shape = RATE + 0.5 * (outside + along**2 @ share), SHAPE + 0.5 * n
    log_joint = special.gammaln(shape) - special.gammaln(SHAPE) + SHAPE * np.log(RATE)
    log_joint = log_joint - shape * np.log(rate) + 0.5 * np.log(share).sum(axis=0)
    location = np.log(np.sum(X.var(axis=0)) / p)
    log_joint += stats.logistic.logpdf(log_alpha - location)
    log_joint += -0.5 * n * np.log(2.0 * np.pi) - 0.5 * np.log1p(n / KAPPA)
    log_evidence = special.logsumexp(log_joint) + np.log(log_alpha[1] - log_alpha[0])
    weight = special.softmax(log_joint)
    locations = np.sqrt(values)[:, None] * along[:, None] / (values[:, None] + alpha)
    means = vectors @ locations
    mean = means @ weight
    within = vectors**2 @ (rate / (shape - 1.0) / (values[:, None] + alpha))
    return log_evidence, mean, np.sqrt((within + (means - mean[:, None]) ** 2) @ weight)


@pytest.mark.parametrize("size", [1e6, 1e12, 1e16, 1e20])
def test_a_small_column_that_explains_everything_is_seen(size):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((40, 2)) * [size, 1.0]
    for y in (X[:, 1] + 0.02 * rng.standard_normal(40), X[:, 1] + rng.standard_normal(40)):
        log_evidence, mean, sd = exact_learned(X, y)
        fitted = fit(X, y, Ridge())
        assert fitted.elbo_ == pytest.approx(log_evidence, abs=1e-6)
        np.testing.assert_array_less(np.abs(fitted.coef_ - mean), 1e-6 * sd)
        np.testing.assert_allclose(fitted.posterior_.coef.sd, sd, rtol=1e-4)


@pytest.mark.parametrize("prior", [Ridge(), Ridge(1e-13), Normal()], ids=str)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_units_do_not_matter_beside_a_constant_column(prior, fit_intercept):
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.standard_normal((40, 2)) * [1.0, 1e-6], np.full(40, 0.1)])
    y = X @ [1.0, 2e6, 0.0] + 0.1 * rng.standard_normal(40)
    expected = fit(X, y, prior, fit_intercept=fit_intercept)
    for unit in (2.0**-27, 2.0**-100, 2.0**40):
        in_units = prior
        if isinstance(prior, Normal):
            in_units = Normal(covariance=unit**-2)
        elif prior.alpha is not None:
            in_units = Ridge(prior.alpha * unit**2)
        fitted = fit(X * unit, y, in_units, fit_intercept=fit_intercept)
        assert fitted.elbo_ == pytest.approx(expected.elbo_, abs=1e-8)
        sd = expected.posterior_.coef.sd
        np.testing.assert_allclose(fitted.coef_ * unit / sd, expected.coef_ / sd, atol=1e-8)
        np.testing.assert_allclose(fitted.posterior_.coef.sd * unit, sd, rtol=1e-8)


@pytest.mark.parametrize("decades", [10, 24, 30])
def test_the_covariance_has_the_variances_of_the_coefficients(decades):
    for seed in range(8):
        rng = np.random.RandomState(seed)
        sizes = 10.0 ** -np.linspace(0.0, decades, 5)
        rows = rng.standard_normal((40, 5))
        X = np.column_stack([rows * sizes, 3.0 * rows[:, 4] * sizes[4]])
        y = rows.sum(axis=1) + rng.standard_normal(40)
        fitted = fit(X, y, Ridge(0.1 * sizes[4] ** 2))
        np.testing.assert_allclose(np.diag(fitted.sigma_), fitted.posterior_.coef.sd**2, rtol=1e-6)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-11, 1e-13, 1e-15])
def test_nearly_equal_columns_are_right_or_refused(gap):
    for seed in range(3):
        rng = np.random.RandomState(seed)
        x = rng.standard_normal(20)
        X = np.column_stack([x, x + gap * rng.standard_normal(20)])
        y = x + 0.1 * rng.standard_normal(20)
        if gap > 1e-12:
            fitted = fit(X, y, Ridge(gap**2))
            ExactRidge(X, y, gap**2).assert_same(fitted, X, 1e-4)
        else:
            with pytest.raises(ValueError, match="last digits of columns that depend on"):
                fit(X, y, Ridge(gap**2))
        ExactRidge(X, y, 1e-4).assert_same(fit(X, y, Ridge(1e-4)), X, 1e-6)


@pytest.mark.parametrize("decades", [0, 8, 16, 40])
def test_correlated_prior(decades):
    """``w = factor u``: the design times the factor under independent weights, without rounding."""
    rng = np.random.RandomState(0)
    exponents = -np.round(np.linspace(0.0, decades, 4) * np.log2(10.0))
    X = rng.randint(-9, 10, size=(30, 4)) * 2.0**exponents
    y = (X / np.abs(X).max(axis=0)).sum(axis=1) + rng.standard_normal(30)
    factor = np.tril(rng.randint(1, 4, size=(4, 4)).astype(float))
    wide = Normal(covariance=2.0 ** (2.0 * -exponents[-1]))
    independent = fit(X @ factor, y, wide)
    expected = factor @ independent.sigma_ @ factor.T
    for order in (np.arange(4), np.array([2, 0, 3, 1])):
        covariance = wide.covariance * (factor @ factor.T)[np.ix_(order, order)]
        fitted = fit(X[:, order], y, Normal(covariance=covariance))
        size = np.sqrt(np.diag(expected))[order]
        difference = fitted.coef_ - (factor @ independent.coef_)[order]
        np.testing.assert_array_less(np.abs(difference), 1e-7 * size)
        error = (fitted.sigma_ - expected[np.ix_(order, order)]) / size / size[:, None]
        assert np.abs(error).max() < 1e-7
        assert fitted.elbo_ == pytest.approx(independent.elbo_, abs=1e-7)


def sums(size, seed=0):
    """Whole numbers of this size; the last column is the sum of two others."""
    rng = np.random.RandomState(seed)
    X = np.round(rng.standard_normal((40, 3)) * size)
    X = np.column_stack([X, X[:, 1] + X[:, 2]])
    return X, X @ np.arange(4.0) / size + rng.standard_normal(40)


@pytest.mark.parametrize("alpha", [1.0, 1e-4, 1e-8])
@pytest.mark.parametrize("size", [1e2, 1e4, 1e6])
def test_columns_that_depend_on_each_other(size, alpha):
    X, y = sums(size)
    ExactRidge(X, y, alpha).assert_same(fit(X, y, Ridge(alpha)), X, 1e-6)


@pytest.mark.parametrize("family", ["structured", "mean_field"])
def test_what_only_the_last_digits_would_decide_is_refused(family):
    X, y = sums(1e6)
    with pytest.raises(ValueError, match=r"prior=Ridge\(alpha=1e-12\): .* rank 3"):
        fit(X, y, Ridge(1e-12), family=family)
    # a column that is far larger and depends on no other is no reason to
    X, y = sums(1e2)
    X = np.column_stack([1e14 * X[:, :1] ** 2, X])
    fitted = fit(X, y, Ridge(1e-8), family=family)
    exact = ExactRidge(X, y, 1e-8)
    np.testing.assert_array_less(np.abs(fitted.coef_ - exact.mean), 1e-6 * exact.sd)


def test_draws_where_a_large_column_is_all_but_determined():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((3, 6)) * [1e16, 1.0, 1.0, 1.0, 1.0, 1.0]
    alpha = 1e-2
    y = rng.standard_normal(3)
    fitted, exact = fit(X, y, Ridge(alpha)), ExactRidge(X, y, alpha)
    draws = fitted.posterior_.coef.sample(20000, random_state=0)
    quartiles = np.quantile(draws, [0.25, 0.75], axis=0)
    expected = stats.t(2.0 * exact.shape).ppf([[0.25], [0.75]])
    deviation = (quartiles - exact.mean) / exact.sd * np.sqrt(exact.shape / (exact.shape - 1.0))
    np.testing.assert_allclose(deviation, np.broadcast_to(expected, deviation.shape), atol=0.04)
