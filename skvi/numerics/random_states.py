"""Where random numbers come from: whatever scipy and scikit-learn take."""

from __future__ import annotations

from numbers import Integral

import numpy as np

__all__ = ["as_generator", "check_n_samples", "poisson_draws"]

_LARGEST = 1e15  # rate up to which numbers next to each other are told apart


def as_generator(random_state):
    """A generator of random numbers.

    Parameters
    ----------
    random_state : {None, int, RandomState, Generator}
        None: another one each time. A generator is given back as it is.

    Returns
    -------
    RandomState or Generator
    """
    if isinstance(random_state, (np.random.RandomState, np.random.Generator)):
        return random_state
    if random_state is not None and not isinstance(random_state, Integral):
        raise ValueError(
            f"random_state={random_state!r} is not allowed; use None, a whole number, a "
            "RandomState or a Generator of numpy."
        )
    return np.random.RandomState(random_state)


def poisson_draws(rate, size, generator):
    """Poisson numbers of any rate; normal about rates whose neighbours differ by no digit.

    Parameters
    ----------
    rate : ndarray
        At least zero; may be infinite, and then the number is.
    size : int or tuple of int
    generator : RandomState or Generator

    Returns
    -------
    ndarray of float64
    """
    rate = np.asarray(rate, dtype=np.float64)
    large = rate > _LARGEST
    drawn = generator.poisson(np.where(large, 0.0, rate), size).astype(np.float64)
    if not np.any(large):
        return drawn
    finite = np.where(np.isfinite(rate), rate, 0.0)
    normal = finite + np.sqrt(finite) * generator.standard_normal(drawn.shape)
    return np.where(large, np.where(np.isfinite(rate), np.rint(normal), rate), drawn)


def check_n_samples(value, name="n_samples"):
    """Raise a ValueError unless ``value`` is a whole number of at least one."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}={value!r} is not allowed; use a whole number of at least 1.")
