"""Feature-major tiles of centred rows and of the features every sum is linear in.

Features of a row ``z = x - center``: one, ``z``, then the squares the structure needs: full the
upper triangle of ``z z'`` row by row, diag ``z^2``, spherical ``|z|^2``, tied none.
"""

from __future__ import annotations

import numpy as np

from skvi.numerics.jit import kernel

__all__ = [
    "DIAGONAL",
    "FULL",
    "SPHERICAL",
    "TIED",
    "build_features",
    "copy_line",
    "feature_count",
    "largest_norm",
    "load_tile",
]

FULL, TIED, DIAGONAL, SPHERICAL = 0, 1, 2, 3


def feature_count(structure, n_features):
    """Count the features of one row."""
    squares = (n_features * (n_features + 1) // 2, 0, n_features, 1)
    return 1 + n_features + squares[structure]


@kernel
def load_tile(X, start, count, weights, unit_weights, center, z, weight):
    """Centre ``count`` rows into the columns of ``z``; rows of weight zero become zero."""
    block = X[start : start + count]
    for i in range(z.shape[0]):
        line = z[i]
        for t in range(count):
            line[t] = block[t, i] - center[i]
        line[count:] = 0
    if unit_weights:
        weight[:count] = 1
        return
    for t in range(count):
        weight[t] = weights[start + t]
        if weights[start + t] == 0.0:
            for i in range(z.shape[0]):
                z[i, t] = 0


@kernel
def largest_norm(z, norm):
    """Largest squared norm of the columns of ``z``; infinite where one is not finite."""
    _squared_norms(z, norm)
    largest = 0.0
    for t in range(norm.size):
        largest = norm[t] if not norm[t] <= largest else largest
    return largest if largest <= np.inf else np.inf


@kernel
def build_features(structure, z, features, first, stop):
    """Write features ``first`` to ``stop`` into the leading rows of ``features``."""
    n_features = z.shape[0]
    if first == 0:
        features[0, :] = 1
        for i in range(n_features):
            copy_line(z[i], features[1 + i])
    if structure == 0:
        _upper_triangle(z, features, first, stop)
    elif structure == 2:
        for i in range(n_features):
            _product(z[i], z[i], features[n_features + 1 + i])
    elif structure == 3:
        _squared_norms(z, features[n_features + 1])


@kernel
def _squared_norms(z, norm):
    norm[:] = 0
    for i in range(z.shape[0]):
        line = z[i]
        for t in range(norm.size):
            norm[t] += line[t] * line[t]


@kernel
def copy_line(line, out):
    """Copy as many numbers as ``out`` holds."""
    for t in range(out.size):
        out[t] = line[t]


@kernel
def _product(first, second, out):
    for t in range(out.size):
        out[t] = first[t] * second[t]


@kernel
def _upper_triangle(z, features, first, stop):
    n_features = z.shape[0]
    start = n_features + 1
    for i in range(n_features):
        end = start + n_features - i
        for p in range(max(start, first), min(end, stop)):
            _product(z[i], z[i + p - start], features[p - first])
        start = end
