"""Where the coordinate family starts: several times, in orders that do not depend on columns'."""

from __future__ import annotations

import numpy as np

from skvi.models.shrinkage.coordinate import first_factors

__all__ = ["distinct", "gaps", "starting_factors"]

_MOST_STARTS = 8
_WORK = 2e7  # of one sweep of all starts
_SAME = 1e-2  # standard errors
_HOPELESS = 30.0  # nats below the best, after sweeps enough


def starting_factors(problem):
    """First factors of every start.

    Weights are ranked by their ridge estimates, largest first; starts take them in that order, from
    zero and from the ridge estimates, in the reverse order, and in random ones of the ranks.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    tuple of CoordinateFactors
    """
    quadratic = problem.quadratic
    p = len(problem.mixture.unit)
    ridge = quadratic.given(np.full(p, float(p))).mean
    rank = np.argsort(-np.abs(ridge), kind="stable")
    lines = len(quadratic.columns[0]) if p else 1
    count = int(np.clip(_WORK / (4.0 * p * lines), 1, _MOST_STARTS))
    starts = [first_factors(problem, rank)]
    if count > 1:
        starts.append(first_factors(problem, rank, ridge))
    if count > 2:
        starts.append(first_factors(problem, rank[::-1].copy()))
    rng = np.random.RandomState(0)
    while len(starts) < count:
        starts.append(first_factors(problem, rank[rng.permutation(p)]))
    return tuple(starts)


def distinct(members):
    """Members in falling order of their bounds, one for every place that several have come to.

    Parameters
    ----------
    members : list of CoordinateFactors

    Returns
    -------
    tuple of CoordinateFactors
    """
    members = sorted(members, key=lambda member: -member.bound)
    kept = members[:1]
    for member in members[1:]:
        if all(gaps(member, other) > _SAME for other in kept):
            kept.append(member)
    return tuple(kept)


def gaps(first, second):
    """Largest distance of two members' means, in the larger noise standard deviation's units."""
    size = np.sqrt(max(first.noise_variance, second.noise_variance))
    spread = np.sqrt(np.maximum(first.variance, second.variance))
    return float(np.max(np.abs(first.mean - second.mean) / (spread + 1e-6 * size), initial=0.0))
