"""Random positive definite matrices."""

from __future__ import annotations

import numpy as np


def random_matrices(n_matrices, size, rng):
    root = rng.standard_normal((n_matrices, size, 2 * size))
    return root @ np.swapaxes(root, -1, -2)
