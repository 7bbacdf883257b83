"""Small clustered samples shared by the tests of this folder."""

from __future__ import annotations

import numpy as np


def clusters(n_rows=300, n_features=2, seed=0):
    """Three clusters of unequal size, away from the origin, and their labels."""
    rng = np.random.RandomState(seed)
    centres = 6.0 * np.eye(3, n_features) + 10.0
    labels = rng.choice(3, size=n_rows, p=[0.2, 0.5, 0.3])
    spread = np.array([1.0, 0.6, 1.4])[labels, None]
    return centres[labels] + spread * rng.standard_normal((n_rows, n_features)), labels
