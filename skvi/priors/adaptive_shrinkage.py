"""Adaptive shrinkage: a mixture of normals of many sizes whose shares are learned."""

from __future__ import annotations

import numpy as np

from skvi.families.scale_mixture import ScaleMixture
from skvi.priors._base import PriorError, check_finite
from skvi.priors._scales import ScaleMixturePrior, column_units

__all__ = ["AdaptiveShrinkage"]

_DEFAULT = np.concatenate([[0.0], np.exp(np.arange(-4.0, 6.5, 0.5))])


class AdaptiveShrinkage(ScaleMixturePrior):
    """Weights from a mixture of normals, the shares being those with the largest bound.

    The prior of mr.ash (Kim, Wang, Carbonetto and Stephens, 2024), for columns in their standard
    deviations and weights in units of the noise.

    Parameters
    ----------
    scales : array-like of shape (n_scales,) or None, default=None
        Standard deviations, increasing, not negative; the first may be zero. None: zero and 21
        from 0.02 to 400, each 1.65 times the one before.
    weights : array-like of shape (n_scales,) or None, default=None
        Their shares, where these are given; None learns them.
    """

    def __init__(self, scales=None, weights=None):
        self.scales = scales
        self.weights = weights

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
            If ``scales`` do not increase from zero, or ``weights`` are no probabilities of them.
        """
        sd = self._scales()
        learned = self.weights is None
        log_weight = np.log(_first_shares(sd, facts) if learned else self._weights(len(sd)))
        unit, one = column_units(facts), np.ones(1)
        return ScaleMixture(unit, sd, log_weight[None], np.zeros(1), one, learned=learned)

    def _scales(self):
        if self.scales is None:
            return _DEFAULT
        sd = check_finite(self, "scales", 1e6)
        if sd.ndim != 1 or len(sd) < 2 or np.any(sd < 0.0) or np.any(np.diff(sd) <= 0.0):
            raise PriorError(
                self,
                f"scales must be two or more increasing numbers, not negative, or None, "
                f"got {self.scales!r}.",
            )
        return sd

    def _weights(self, n_scales):
        weights = check_finite(self, "weights")
        if weights.shape != (n_scales,) or np.any(weights <= 0.0):
            raise PriorError(
                self,
                f"weights must be {n_scales} positive numbers, or None, got {self.weights!r}.",
            )
        return weights / weights.sum()


def _first_shares(sd, facts):
    """Where learned shares start: with few rows, most weights in the spike."""
    shares = np.full(len(sd), 1.0 / len(sd))
    if sd[0] == 0.0:
        others = min(1.0 - shares[0], 0.25 * max(facts.weight, 1.0) / facts.n_features)
        shares = np.append(1.0 - others, np.full(len(sd) - 1, others / (len(sd) - 1)))
    return shares
