"""Spike and slab: weights that are zero, or not."""

from __future__ import annotations

import numpy as np
from scipy.special import betaln

from skvi.families.scale_mixture import ScaleMixture, normalised
from skvi.priors._base import PriorError, check_positive
from skvi.priors._scales import (
    STEP,
    ScaleMixturePrior,
    check_expected_size,
    column_units,
    common_grid,
)
from skvi.priors.student_t import log_inverse_gamma

__all__ = ["SpikeSlab"]

_LOG_SLABS = np.arange(-3.0, 14.0 + 0.5 * STEP, STEP)  # below, a Cauchy scale has no mass


class SpikeSlab(ScaleMixturePrior):
    """Weights that are zero, or drawn from a slab, with the probability of that.

    For columns in their standard deviations and weights in units of the noise.

    Parameters
    ----------
    inclusion : float or None, default=None
        Probability that a weight is not zero, in (0, 1). None learns it, under a
        ``Beta(1, p / m - 1)`` prior with ``m`` the expected size.
    expected_size : float or None, default=None
        How many weights are expected not to be zero, ``m``; None is one. Not beside ``inclusion``.
    slab : float, default=1.0
        Scale of the slab.
    df : float, default=1.0
        Degrees of freedom of the slab, a Student-t distribution; inf is a normal one.
    """

    def __init__(self, inclusion=None, expected_size=None, slab=1.0, df=1.0):
        self.inclusion = inclusion
        self.expected_size = expected_size
        self.slab = slab
        self.df = df

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
            If an argument is out of its range, or ``inclusion`` and ``expected_size`` are both
            given.
        """
        log_odds, log_common = self._inclusion(facts)
        slab = check_positive(self, "slab")
        df = check_positive(self, "df", (0.1, 1e3), infinite=True)
        if np.isinf(df):
            sd, log_slab = np.array([slab]), np.zeros(1)
        else:
            sd, log_slab = slab * np.exp(_LOG_SLABS), normalised(log_inverse_gamma(_LOG_SLABS, df))
        log_in, log_out = -np.logaddexp(0.0, -log_odds), -np.logaddexp(0.0, log_odds)
        return ScaleMixture(
            column_units(facts),
            np.concatenate([[0.0], sd]),
            np.column_stack([log_out, log_in[:, None] + log_slab]),
            log_common,
            np.exp(log_in),
        )

    def _inclusion(self, facts):
        """Log odds of the inclusion, and their log probabilities."""
        p, size = facts.n_features, check_expected_size(self, facts)
        if self.inclusion is None:
            size = min(1.0, 0.5 * p) if size is None else size
            shape = p / size - 1.0
            log_odds = common_grid(-np.log(shape), p, 16.0)
            total = (1.0 + shape) * np.logaddexp(0.0, log_odds)
            return log_odds, normalised(log_odds - total - betaln(1.0, shape))
        if size is not None:
            raise PriorError(
                self, f"expected_size must be None beside inclusion, got {self.expected_size!r}."
            )
        inclusion = check_positive(self, "inclusion", optional=True)
        if not inclusion < 1.0:
            raise PriorError(self, f"inclusion must be in (0, 1), or None, got {self.inclusion!r}.")
        return np.array([np.log(inclusion) - np.log1p(-inclusion)]), np.zeros(1)
