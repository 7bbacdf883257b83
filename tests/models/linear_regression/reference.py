"""Independent references: dense densities of the targets with the weights integrated out."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.special import gammaln, logsumexp

from skvi.inference.protocol import Block
from skvi.models.linear_regression import LinearRegressionModel

KAPPA = 1e-2


def data(n, p, seed=0, noise=0.5):
    """A regression data set with an offset in every column."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n, p)) * np.linspace(0.5, 2.0, p) + 2.0
    y = 3.0 + X @ rng.standard_normal(p) + noise * rng.standard_normal(n)
    return X, y


def fit(X, y, prior, noise=None, *, weights=None, family="structured", sweeps=1, **options):
    """Model, prior, summary, posterior and the bound after every sweep."""
    y = np.ascontiguousarray(y.reshape(len(X), -1), dtype=float)
    weights = np.ones(len(X)) if weights is None else weights
    options.setdefault("square_root", X.shape[1] > X.shape[0])
    model = LinearRegressionModel(
        prior, noise, family, n_features=X.shape[1], n_targets=y.shape[1], **options
    )
    summary = model.summarize(Block(np.ascontiguousarray(X, dtype=float), y, weights, 0), None)
    resolved = model.prior(model.facts(summary))
    posterior, bounds = None, []
    for _ in range(sweeps):
        posterior = model.update(resolved, summary, posterior)
        bounds.append(sum(model.bound(resolved, posterior, summary).values()))
    return model, resolved, posterior, np.array(bounds)


def whitened(X, weight_covariance, fit_intercept):
    """Covariance of the targets per unit of noise variance, beyond the noise, and their mean's
    design."""
    centred = X - X.mean(axis=0) if fit_intercept else X
    spread = centred @ weight_covariance @ centred.T
    return spread + (1.0 / KAPPA if fit_intercept else 0.0)


def log_evidence_gamma(X, y, alpha, shape, rate, fit_intercept):
    """Log multivariate Student-t density of the targets."""
    n, p = X.shape
    scale = np.eye(n) + whitened(X, np.eye(p) / alpha, fit_intercept)
    location = np.full(n, y.mean() if fit_intercept else 0.0)
    return stats.multivariate_t(location, rate / shape * scale, df=2 * shape).logpdf(y)


class DenseTargets:
    """Log densities of the targets from the eigenvalues of their own covariance matrix.

    ``covariance`` is that of the weights, ``mean`` their mean. Centred rows make the constant
    vector an eigenvector, on which only the intercept acts.
    """

    def __init__(self, X, y, mean, covariance, fit_intercept):
        centred = X - X.mean(axis=0) if fit_intercept else X
        deviation = y - centred @ mean - (y.mean() if fit_intercept else 0.0)
        values, vectors = np.linalg.eigh(centred @ covariance @ centred.T)
        self.values = np.maximum(values, 0.0)[:, None]
        self.squares = ((vectors.T @ deviation) ** 2)[:, None]
        self.constant = -0.5 * np.log1p(len(y) / KAPPA) if fit_intercept else 0.0

    def normal(self, noise_variance, weight_variance):
        """For normal noise, weights with ``weight_variance`` times the covariance."""
        total = noise_variance + self.values * weight_variance
        terms = np.log(2.0 * np.pi * total) + self.squares / total
        return self.constant - 0.5 * np.sum(terms, axis=0)

    def student_t(self, weight_variance, shape, rate):
        """For a Gamma prior of the noise precision, weights relative to the noise."""
        total = 1.0 + self.values * weight_variance
        half = 0.5 * len(self.values)
        quadratic = rate + 0.5 * np.sum(self.squares / total, axis=0)
        constant = gammaln(shape + half) - gammaln(shape) - half * np.log(2.0 * np.pi)
        determinant = self.constant - 0.5 * np.sum(np.log(total), axis=0)
        return constant + determinant + shape * np.log(rate) - (shape + half) * np.log(quadratic)


def integrate_log(log_function, low, high, step=0.01):
    """Log of the integral of ``exp(log_function)``: a trapezoid rule far finer than needed."""
    return logsumexp(log_function(np.arange(low, high, step))) + np.log(step)
