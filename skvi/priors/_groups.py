"""Groups of columns: labels, positions or names into one number for every column."""

from __future__ import annotations

import numpy as np

from skvi.priors._base import PriorError
from skvi.priors._scales import STEP

__all__ = ["group_labels", "group_scales"]

_FINEST = 0.01


def group_labels(prior, facts):
    """Number of the group of every column.

    Parameters
    ----------
    prior : prior object
        With an argument ``groups``.
    facts : DesignFacts

    Returns
    -------
    ndarray of shape (n_features,)
        From zero, in the order in which groups were given; columns in none behind them.

    Raises
    ------
    ValueError
        If there is not a label for every column, or a column is unknown or in two groups.
    """
    groups, p = prior.groups, facts.n_features
    if isinstance(groups, dict):
        groups = list(groups.values())
    is_listed = isinstance(groups, (list, tuple)) and all(
        np.ndim(group) == 1 and not isinstance(group, str) for group in groups
    )
    if is_listed and len(groups):
        return _listed(prior, groups, facts)
    labels = np.asarray(groups)
    if labels.shape != (p,) or (labels.dtype.kind == "f" and np.isnan(labels).any()):
        raise PriorError(
            prior,
            f"groups must be a label for each of {p} columns, or lists of columns, "
            f"got {prior.groups!r}.",
        )
    first, numbers = np.unique(labels, return_index=True, return_inverse=True)[1:]
    return np.argsort(np.argsort(first))[numbers.ravel()]


def group_scales(labels, farthest):
    """Logarithms of scales, as dense as the largest group can tell one.

    Parameters
    ----------
    labels : ndarray of shape (n_features,)
    farthest : float

    Returns
    -------
    ndarray of shape (n_nodes,)
    """
    step = max(min(STEP, 0.8 / np.sqrt(np.bincount(labels).max())), _FINEST)
    count = int(np.ceil(farthest / step))
    return step * np.arange(-count, count + 1)


def _listed(prior, groups, facts):
    p, names = facts.n_features, facts.names
    positions = {} if names is None else {name: j for j, name in enumerate(names)}
    labels = np.full(p, -1)
    for number, group in enumerate(groups):
        for column in group:
            j = positions.get(column, column)
            if isinstance(j, (bool, np.bool_)) or not isinstance(j, (int, np.integer)):
                j = -1
            if not 0 <= j < p:
                raise PriorError(
                    prior,
                    f"groups names the column {column!r}, which is none of the {p} there are.",
                )
            if labels[j] >= 0:
                raise PriorError(prior, f"groups has the column {column!r} more than once.")
            labels[j] = number
    rest = np.flatnonzero(labels < 0)
    used = np.unique(labels[labels >= 0])
    labels[labels >= 0] = np.searchsorted(used, labels[labels >= 0])
    labels[rest] = len(used) + np.arange(len(rest))
    return labels
