"""What priors with a scale of its own for every weight share: grids, units and draws.

Scales are standard deviations of the weights of columns in their own standard deviations, in units
of the noise standard deviation where the likelihood has one: nothing depends on units.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from skvi.families.scale_mixture import ScaleMixture, normalised
from skvi.numerics.random_states import check_n_samples
from skvi.priors._base import DesignFacts, PriorBase, PriorError

__all__ = [
    "LOG_SCALES",
    "STEP",
    "ScaleMixturePrior",
    "column_units",
    "common_grid",
    "check_expected_size",
    "expected_scale",
    "one_value",
    "standard_facts",
]

STEP = 0.35
"""Of the logarithm of a scale between two nodes: see :mod:`skvi.families.scale_mixture`."""
LOG_SCALES = STEP * np.arange(-40, 41)
"""Of weights of their own: from a millionth to a million times the noise."""
_FARTHEST_COMMON = 12.0


class ScaleMixturePrior(PriorBase):
    """A prior that gives a :class:`~skvi.families.scale_mixture.ScaleMixture`."""

    def scale_mixture(self, facts):
        """The prior of the weights.

        Parameters
        ----------
        facts : DesignFacts

        Returns
        -------
        ScaleMixture
        """
        raise NotImplementedError

    def log_density(self, w, n_features=1):
        """Marginal log density of the weight of a standardised column, in units of the noise.

        Parameters
        ----------
        w : array-like
        n_features : int, default=1
            Number of columns: the scale of some priors depends on it.

        Returns
        -------
        log_density : ndarray of the shape of ``w``
            Infinite at zero under a prior with a spike, elsewhere that of the slab.
        """
        mixture = self.scale_mixture(standard_facts(1, n_features))
        return mixture.log_density(np.asarray(w, dtype=np.float64))

    def shrunk(self, estimate, precision=1.0, n_features=1):
        """Posterior mean of a weight of which there is one normal estimate, in units of the noise.

        Parameters
        ----------
        estimate : array-like
        precision : float, default=1.0
            Of the estimates: the number of rows, for a standardised column.
        n_features : int, default=1
            Number of columns.

        Returns
        -------
        mean : ndarray of the shape of ``estimate``
        """
        mixture = self.scale_mixture(standard_facts(1, n_features))
        return mixture.shrunk(np.asarray(estimate, dtype=np.float64), precision)

    def sample(self, n_samples=1, n_features=1, random_state=None):
        """Draws of weights of columns with standard deviation one, in units of the noise.

        Parameters
        ----------
        n_samples : int, default=1
            Number of draws.
        n_features : int, default=1
            Number of columns.
        random_state : int, RandomState instance or None, default=None
            Seed or generator.

        Returns
        -------
        weights : ndarray of shape (n_samples, n_features)

        Raises
        ------
        ValueError
            If ``n_samples`` or ``n_features`` is not a whole number of at least 1, or the
            arguments of the prior do not fit so many columns.
        """
        facts = standard_facts(n_samples, n_features)
        return self.scale_mixture(facts).sample(n_samples, check_random_state(random_state))


def standard_facts(n_samples, n_features):
    """Facts about standardised columns, for draws from a prior."""
    check_n_samples(n_samples)
    check_n_samples(n_features, "n_features")
    return DesignFacts(n_features, float(np.sqrt(n_features)), np.ones(n_features))


def column_units(facts):
    """The inverse standard deviations of the columns; for those that do not vary, of all."""
    typical = facts.total_spread / np.sqrt(facts.n_features)
    return 1.0 / np.where(facts.spread > 0.0, facts.spread, typical)


def common_grid(centre, n_weights, farthest=_FARTHEST_COMMON):
    """Nodes of the logarithm of a scale common to all weights: as dense as these can tell it.

    Parameters
    ----------
    centre : float
    n_weights : int
    farthest : float, default=12.0
        On either side.

    Returns
    -------
    ndarray of shape (n_common,)
    """
    step = min(STEP, 1.0 / np.sqrt(n_weights))
    count = int(np.ceil(farthest / step))
    return centre + step * np.arange(-count, count + 1)


def one_value(log_weight, unit, sd, groups=None):
    """A mixture without a common parameter."""
    weight = normalised(log_weight)[None]
    return ScaleMixture(unit, sd, weight, np.zeros(1), np.ones(1), groups)


def expected_scale(prior, facts):
    """Scale at which as many weights as are expected are not shrunk (Piironen and Vehtari, 2017).

    Where ``expected_size`` is None these are the square root of the number of columns.

    Raises
    ------
    ValueError
        If ``expected_size`` is not between zero and the number of columns.
    """
    size, p = check_expected_size(prior, facts), facts.n_features
    size = min(np.sqrt(p), 0.5 * p) if size is None else size
    return size / (p - size) / np.sqrt(max(facts.weight, 1.0))


def check_expected_size(prior, facts):
    """Value of ``expected_size``: None, or a number between zero and that of the columns."""
    size = prior.expected_size
    if size is None:
        return None
    number = np.asarray(size)
    if number.ndim or number.dtype.kind not in "iuf" or not 0.0 < number < facts.n_features:
        raise PriorError(
            prior,
            f"expected_size must be positive and less than the number of columns "
            f"({facts.n_features}), or None, got {size!r}.",
        )
    return float(number)
