"""Grouped ridge: one learned scale for every group of columns."""

from __future__ import annotations

import numpy as np

from skvi.priors._groups import group_labels, group_scales
from skvi.priors._scales import LOG_SCALES, ScaleMixturePrior, one_value

__all__ = ["GroupedRidge"]


class GroupedRidge(ScaleMixturePrior):
    """Normal weights whose scale is learned, one for every group of columns.

    What :class:`Ridge` is for all columns: with ``q`` the mean variance of the columns of a group
    over its ``alpha``, ``q / (1 + q)`` is uniform on (0, 1). Columns are taken as given.

    Parameters
    ----------
    groups : array-like, list of lists, dict or None, default=None
        Which weights share a scale: a label for every column, or lists of columns by position or
        name, the values of a dict counting as such; columns in none have one of their own. None:
        all columns are one group.
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
        labels = np.zeros(facts.n_features, dtype=np.intp)
        if self.groups is not None:
            labels = group_labels(self, facts)
        square = np.bincount(labels, weights=facts.spread**2) / np.bincount(labels)
        typical = facts.total_spread**2 / facts.n_features
        unit = 1.0 / np.sqrt(np.where(square > 0.0, square, typical))
        log_sd = group_scales(labels, LOG_SCALES[-1])
        distance = 2.0 * np.abs(log_sd)
        log_weight = -distance - 2.0 * np.log1p(np.exp(-distance))
        return one_value(log_weight, unit[labels], np.exp(log_sd), labels)
