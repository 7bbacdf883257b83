"""The named factors that a fitted linear regression shows as ``posterior_``."""

from __future__ import annotations

from functools import partial

import numpy as np

from skvi.models.linear_regression import draws, marginals
from skvi.posterior import Factor, PosteriorFactors

__all__ = ["regression_factors"]


def regression_factors(posterior, *, squeeze):
    """Factors ``coef``, ``intercept`` and ``noise`` (its standard deviation).

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    squeeze : bool
        Whether to drop the axis of the targets: there is one.
    """
    gather = partial(_gather, posterior.spectrum.n_targets, squeeze)
    intercept_sd = partial(gather, partial(_intercept, posterior, "std"))
    noise_sd = partial(gather, partial(_noise, posterior, "sd"))
    return PosteriorFactors(
        coef=Factor(
            partial(gather, partial(marginals.coefficient_means, posterior)),
            partial(gather, partial(marginals.coefficient_sds, posterior)),
            partial(gather, partial(_covariance, posterior)),
            partial(_draws, posterior, squeeze, "coef"),
        ),
        intercept=Factor(
            partial(gather, partial(_intercept, posterior, "mean")),
            intercept_sd,
            partial(_variance_matrix, intercept_sd),
            partial(_draws, posterior, squeeze, "intercept"),
        ),
        noise=Factor(
            partial(gather, partial(_noise, posterior, "mean")),
            noise_sd,
            partial(_variance_matrix, noise_sd),
            partial(_draws, posterior, squeeze, "sigma"),
        ),
    )


def _gather(n_targets, squeeze, function):
    """Values of every target on a leading axis, or of the only one."""
    values = np.stack([np.asarray(function(target)) for target in range(n_targets)])
    return values[0] if squeeze else values


def _covariance(posterior, target):
    covariance = marginals.covariance(posterior, target)
    return 0.5 * (covariance + covariance.T)


def _intercept(posterior, method, target):
    marginal = marginals.intercept(posterior, target)
    return 0.0 if marginal is None else getattr(marginal, method)()[0]


def _noise(posterior, name, target):
    return getattr(draws.noise_moments(posterior, target), name)


def _variance_matrix(sd):
    with np.errstate(over="ignore"):
        return np.square(sd())[..., None, None]


def _draws(posterior, squeeze, name, n_samples, rng):
    targets = range(posterior.spectrum.n_targets)
    each = [getattr(draws.sample(posterior, n_samples, rng, t), name) for t in targets]
    return each[0] if squeeze else np.stack(each, axis=1)
