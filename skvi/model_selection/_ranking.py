"""Fits of the same rows, ranked by their evidence lower bounds."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.utils.validation import check_is_fitted

__all__ = ["RankedFit", "rank_by_bound"]

_SAME_ROWS = 1e-9


class RankedFit(NamedTuple):
    """A fit among others.

    Attributes
    ----------
    name : str
    elbo : float
        Evidence lower bound in nats.
    probability : float
        Of the model, as far as bounds are evidences, all being equally likely before.
    """

    name: str
    elbo: float
    probability: float


def rank_by_bound(fits):
    """Rank fits of the same rows by their bounds, the best first.

    Bounds differ by evidences where the gaps between bound and evidence do not differ much. That is
    so between priors, not between posterior families: a family can have the higher bound and the
    worse intervals, so fits of different families are refused.

    Parameters
    ----------
    fits : dict of str to estimator
        Fitted estimators under names.

    Returns
    -------
    ranking : list of RankedFit

    Raises
    ------
    ValueError
        If there are none, or they are of different kinds, families, likelihoods or rows.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skvi import VariationalBayesianRegression
    >>> from skvi.model_selection import rank_by_bound
    >>> X, y = load_diabetes(return_X_y=True)
    >>> fits = {
    ...     name: VariationalBayesianRegression(prior=name, refresh=0).fit(X, y)
    ...     for name in ("horseshoe", "laplace")
    ... }
    >>> [fit.name for fit in rank_by_bound(fits)]
    ['laplace', 'horseshoe']
    """
    if not fits:
        raise ValueError("fits is empty; expected at least one fitted estimator.")
    for fit in fits.values():
        check_is_fitted(fit)
    (first_name, first), *others = fits.items()
    for name, other in others:
        for what, wanted, got in _differences(first, other):
            raise ValueError(
                f"The bounds of {first_name!r} and {name!r} do not compare: {what} differ, "
                f"{wanted!r} and {got!r}. Compare held-out log predictive densities."
            )
    bounds = np.array([fit.elbo_ for fit in fits.values()])
    probabilities = np.exp(bounds - np.logaddexp.reduce(bounds))
    ranked = [
        RankedFit(name, float(bound), float(probability))
        for name, bound, probability in zip(fits, bounds, probabilities, strict=True)
    ]
    return sorted(ranked, key=lambda fit: -fit.elbo)


def _differences(first, second):
    """What keeps the bounds of two fits from comparing: names and both values."""
    if type(first) is not type(second):
        yield "estimators", type(first).__name__, type(second).__name__
    families = [getattr(fit, "family_", getattr(fit, "family", None)) for fit in (first, second)]
    if families[0] != families[1]:
        yield "families", *families
    likelihoods = [repr(getattr(fit, "likelihood", None)) for fit in (first, second)]
    if likelihoods[0] != likelihoods[1]:
        yield "likelihoods", *likelihoods
    rows = [fit._weight for fit in (first, second)]
    if abs(rows[0] - rows[1]) > _SAME_ROWS * max(rows):
        yield "numbers of rows", *rows
