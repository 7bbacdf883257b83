"""Posterior arithmetic over fitted estimators."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skvi.tables import check_target_names

__all__ = ["merge"]

_HARMLESS = {"random_state", "n_jobs", "verbose"}


def merge(estimators: Iterable):
    """Combine estimators fitted apart on disjoint rows into the one fitted on their union.

    Exact for models whose summary of the rows does not depend on the posterior, such as
    :class:`~skvi.linear_model.VariationalBayesianRegression`: the result is the fit on all rows,
    whatever was on which worker.

    Parameters
    ----------
    estimators : sequence of fitted estimators
        Of one class, with equal priors and settings and the same columns. Parameters that leave the
        merged fit as it is (``random_state``, ``n_jobs``, ``verbose``) may differ.

    Returns
    -------
    estimator : estimator
        New, fitted, with the parameters of the first.

    Raises
    ------
    TypeError
        If ``estimators`` is no sequence, the class has no exact merge, or the classes differ.
    ValueError
        If there is nothing to merge, or parameters or columns differ.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skvi import VariationalBayesianRegression, merge
    >>> X, y = load_diabetes(return_X_y=True)
    >>> parts = [VariationalBayesianRegression().fit(X[k::2], y[k::2]) for k in (0, 1)]
    >>> bool(abs(merge(parts).elbo_ - VariationalBayesianRegression().fit(X, y).elbo_) < 1e-6)
    True
    """
    if not isinstance(estimators, Iterable) or isinstance(estimators, (str, bytes)):
        raise TypeError(
            f"estimators={estimators!r} is not allowed; use a list of fitted estimators."
        )
    estimators = list(estimators)
    if not estimators:
        raise ValueError("estimators is empty; expected at least one fitted estimator.")
    first = estimators[0]
    for other in estimators:
        _check_compatible(first, other)
    names = [names for names in (e._target_names for e in estimators) if names is not None]
    for others in names[1:]:
        check_target_names(others, names[0])
    return clone(first)._merged(estimators)


def _differing(first, other):
    """Names of the parameters that are not the same in both and matter."""
    names = sorted({*first, *other} - _HARMLESS)
    return [n for n in names if n not in first or n not in other or not _same(first[n], other[n])]


def _same(first, other):
    if hasattr(first, "get_params"):
        return type(first) is type(other)
    return np.array_equal(first, other)


def _check_compatible(first, other):
    if type(other) is not type(first):
        raise TypeError(
            f"estimators mixes {type(first).__name__} and {type(other).__name__}; "
            "expected one class."
        )
    if not hasattr(other, "_merged") or not getattr(other, "_merges_exactly", True):
        raise TypeError(
            f"estimators holds {type(other).__name__}, whose posteriors cannot be merged exactly."
        )
    check_is_fitted(other)
    if differing := _differing(first.get_params(), other.get_params()):
        raise ValueError(f"estimators differ in their parameters {differing}; expected equal ones.")
    names = [list(getattr(e, "feature_names_in_", [])) for e in (first, other)]
    if other.n_features_in_ != first.n_features_in_ or names[0] != names[1]:
        raise ValueError(
            f"estimators were fitted on different columns: {first.n_features_in_} {names[0]} and "
            f"{other.n_features_in_} {names[1]}."
        )
    if other._model.n_targets != first._model.n_targets:
        raise ValueError("estimators were fitted on different numbers of targets.")
    if other._single != first._single:
        raise ValueError("estimators were fitted on y of one dimension and of two; expected one.")
