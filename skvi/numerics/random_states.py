"""Where random numbers come from: whatever scipy and scikit-learn take."""

from __future__ import annotations

from numbers import Integral

import numpy as np

__all__ = ["as_generator"]


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
