"""Automatic relevance determination: a scale of any size for every weight or group."""

from __future__ import annotations

import numpy as np

from skvi.priors._groups import group_labels, group_scales
from skvi.priors._scales import LOG_SCALES, ScaleMixturePrior, column_units, one_value

__all__ = ["ARD"]

_STEP = 0.2  # what is left of the grid is 1e-10: scales that vanish must not halt at a node


class ARD(ScaleMixturePrior):
    """Weights, or groups of weights, each with a scale of its own, all sizes alike.

    The logarithm of every scale is uniform between a millionth and a million times the noise, for
    columns in their standard deviations: the proper form of the prior of
    :class:`sklearn.linear_model.ARDRegression`, which is all but uniform, too.

    Parameters
    ----------
    groups : array-like, list of lists, dict or None, default=None
        Which weights share a scale: a label for every column, or lists of columns by position or
        name, the values of a dict counting as such; columns in none have one of their own. None:
        every weight has its own.
    """

    def __init__(self, groups=None):
        self.groups = groups

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
            If ``groups`` does not fit the columns.
        """
        unit, labels = column_units(facts), None
        count = int(np.ceil(LOG_SCALES[-1] / _STEP))
        log_sd = _STEP * np.arange(-count, count + 1)
        if self.groups is not None:
            labels = group_labels(self, facts)
            log_sd = group_scales(labels, LOG_SCALES[-1])
        return one_value(np.zeros(len(log_sd)), unit, np.exp(log_sd), labels)
