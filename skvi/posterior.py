"""What ``posterior_`` shows: named factors, each with mean, sd, cov and draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import numpy as np
from sklearn.utils import check_random_state

from skvi.numerics.random_states import check_n_samples

__all__ = ["Factor", "PosteriorFactors", "check_n_samples"]


class Factor:
    """Marginal posterior of one group of parameters; everything is computed when asked for.

    Parameters
    ----------
    mean, sd, cov : callable
        Without arguments; give the posterior mean, standard deviation and covariance matrix.
    draw : callable
        ``draw(n_samples, rng)`` gives an array whose first axis is the draws.
    """

    def __init__(self, mean: Callable, sd: Callable, cov: Callable, draw: Callable):
        self._mean, self._sd, self._cov, self._draw = mean, sd, cov, draw

    @cached_property
    def mean(self) -> np.ndarray:
        """Posterior mean."""
        return _evaluated(self._mean)

    @cached_property
    def sd(self) -> np.ndarray:
        """Posterior standard deviation of each parameter, in the shape of ``mean``."""
        return _evaluated(self._sd)

    @cached_property
    def cov(self) -> np.ndarray:
        """Posterior covariance matrix over the last axis of ``mean``."""
        return _evaluated(self._cov)

    def sample(self, n_samples=1, random_state=None) -> np.ndarray:
        """Draws from the posterior.

        Parameters
        ----------
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState or None, default=None
            Seed or generator.

        Returns
        -------
        draws : ndarray of shape (n_samples, ...)
            One draw along the first axis.

        Raises
        ------
        ValueError
            If ``n_samples`` is not a whole number of at least 1.
        """
        check_n_samples(n_samples)
        return self._draw(n_samples, check_random_state(random_state))

    def __repr__(self):
        return f"Factor(shape={np.shape(self.mean)})"


@np.errstate(over="ignore", invalid="ignore")
def _evaluated(function):
    """What a function gives: infinite where it is beyond the largest number."""
    return function()


class PosteriorFactors(Mapping):
    """Named factors of a posterior, by attribute or by key.

    Parameters
    ----------
    **factors : Factor
        The factors under their names.
    """

    def __init__(self, **factors: Factor):
        self._factors = factors

    def __getitem__(self, name: str) -> Factor:
        return self._factors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._factors)

    def __len__(self) -> int:
        return len(self._factors)

    def __getattr__(self, name: str) -> Factor:
        factors = vars(self).get("_factors", {})  # none yet while a copy is made
        if name not in factors:
            raise AttributeError(f"no factor {name!r}; there are {sorted(factors)}")
        return factors[name]

    def __dir__(self):
        return [*super().__dir__(), *self._factors]

    def __repr__(self):
        return f"PosteriorFactors({', '.join(self._factors)})"
