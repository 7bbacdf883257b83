"""Laplace weights with one common scale: the Bayesian lasso."""

from __future__ import annotations

import numpy as np

from skvi.families.scale_mixture import ScaleMixture, normalised
from skvi.priors._base import check_positive
from skvi.priors._scales import LOG_SCALES, ScaleMixturePrior, column_units, common_grid

__all__ = ["Laplace", "of_scale"]

_SCALE = (1e-4, 1e4)
_STEP = 0.25


class Laplace(ScaleMixturePrior):
    """Weights with density ``exp(-|w| / scale) / (2 scale)`` (Park and Casella, 2008).

    For columns in their standard deviations and weights in units of the noise.

    Parameters
    ----------
    scale : float or None, default=None
        None learns it: ``scale^2 / (1 + scale^2)`` is uniform on (0, 1).
    """

    def __init__(self, scale=None):
        self.scale = scale

    def scale_mixture(self, facts):
        """The prior of the weights.

        Parameters
        ----------
        facts : DesignFacts

        Returns
        -------
        ScaleMixture

        Raises
        ------
        ValueError
            If ``scale`` is not a positive number.
        """
        # the tail is that of a narrow peak in the logarithm of the scale
        count = int(np.ceil(LOG_SCALES[-1] / _STEP))
        return of_scale(self, facts, _log_exponential, _STEP * np.arange(-count, count + 1))


def of_scale(prior, facts, log_density, log_sd):
    """Mixture of scales with a density about a common one, given or learned.

    Parameters
    ----------
    prior : prior object
        With an argument ``scale``.
    facts : DesignFacts
    log_density : callable
        Of the logarithm of a scale less that of the common one; up to a constant.
    log_sd : ndarray of shape (n_nodes,)

    Returns
    -------
    ScaleMixture
    """
    if prior.scale is None:
        log_scale = common_grid(0.0, facts.n_features)
        distance = 2.0 * np.abs(log_scale)
        log_common = normalised(-distance - 2.0 * np.log1p(np.exp(-distance)))
    else:
        log_scale = np.log([check_positive(prior, "scale", _SCALE, optional=True)])
        log_common = np.zeros(1)
    log_weight = normalised(log_density(log_sd - log_scale[:, None]))
    unit, common = column_units(facts), np.exp(log_scale)
    return ScaleMixture(unit, np.exp(log_sd), log_weight, log_common, common)


def _log_exponential(log_ratio):
    """Of the log standard deviation: its square is exponential with mean two."""
    return 2.0 * log_ratio - 0.5 * np.exp(2.0 * log_ratio)
