"""Weighted, centred second moments of one block of joint rows ``z = [x, y]``.

Every sum is taken about a provisional centre, so that a large offset never meets a subtraction;
should the centre turn out to lie far from the mean, the block is summed once more about its mean.
Large float32 blocks are multiplied in float32, 64 rows at a time (256 where rows are very wide),
and added in float64. The result depends on the block alone, so blocks may be spread over any number
of threads.
"""

from __future__ import annotations

import numpy as np

from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.dual_gram import centred_kernel, centred_product, centred_transpose_product
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.moments import Moments
from skvi.numerics.processor import VECTOR_BYTES
from skvi.numerics.tile_gram import TILE_ROWS, add_rows, fill_tile, lower_to_full, padded_width

__all__ = [
    "FEWEST_FLOAT32_ROWS",
    "centred_kernel",
    "centred_moments",
    "centred_product",
    "centred_transpose_product",
    "provisional_centre",
    "sparse_centred_moments",
]

# Beyond this width a tile strains the second-level cache and BLAS is faster, which has no kernels
# for the wide vectors of many processors.
_WIDEST_TILE = (
    {np.dtype(np.float32): 1365, np.dtype(np.float64): 400}
    if VECTOR_BYTES == 32
    else {np.dtype(np.float32): 4000, np.dtype(np.float64): 2000}
)
_CENTRE_ROWS = 32
# Rows per BLAS call: in float32 few enough for the sums to stay accurate, in float64 as many as
# make two million values, but so many that adding up the products costs little.
_FLOAT32_BLAS_ROWS = 256
_FLOAT64_BLAS_ROWS = 2048, 4096
_VALUES_PER_CALL = 1 << 21
# Fewer float32 rows than this are multiplied in float64: too few tiles for errors to average out.
FEWEST_FLOAT32_ROWS = 2048
# Largest acceptable squared distance of centre and mean, in variances.
_FARTHEST_CENTRE = {np.dtype(np.float32): 16.0, np.dtype(np.float64): 1e4}
# Squares of float32 numbers outside of this range lose digits.
_SAFE_SQUARES = (1e-30, 1e30)


def centred_moments(X, y, weights, shift=None, *, unit_weights=False):
    """Total weight, mean and scatter of the joint rows ``[x, y]`` of one block.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        float32 or float64.
    y : ndarray of shape (n_rows, n_targets) or None
        Converted to float64.
    weights : ndarray of shape (n_rows,)
        Never negative.
    shift : ndarray of shape (n_features + n_targets,) or None, default=None
        A provisional centre near the mean; None takes :func:`provisional_centre`.
    unit_weights : bool, default=False
        Every weight is one; ``weights`` is not read and may be None.

    Returns
    -------
    Moments
        In float64. With float32 rows the error of a scatter entry is about 1e-7 of the product
        of the two standard deviations, times the weight.
    """
    n_rows = X.shape[0]
    if n_rows < FEWEST_FLOAT32_ROWS:
        X = X.astype(np.float64, copy=False)
    y = np.empty((n_rows, 0)) if y is None else np.asarray(y, dtype=np.float64)
    weights = np.ones(n_rows) if unit_weights else np.asarray(weights, dtype=np.float64)
    if shift is None:
        shift = provisional_centre(X, y, weights)
    moments, representable = _moments_about(X, y, weights, shift)
    if not representable:
        X = X.astype(np.float64)
        moments, _ = _moments_about(X, y, weights, shift)
    if _far_from_mean(moments, shift, X.dtype):
        moments, _ = _moments_about(X, y, weights, moments.mean)
    return moments


def provisional_centre(X, y, weights):
    """Mean of a few rows spread evenly over those with positive weight.

    Returns
    -------
    ndarray of shape (n_features + n_targets,)
        float64. Exactly the value of a column that is constant; zero where there are no rows.
    """
    y = np.empty((X.shape[0], 0)) if y is None else y
    rows = _spread(np.arange(X.shape[0]))
    if not np.all(weights[rows]):
        rows = _spread(np.flatnonzero(weights))
    if len(rows) == 0:
        return np.zeros(X.shape[1] + y.shape[1])
    joint = np.concatenate([X[rows], y[rows]], axis=1, dtype=np.float64)
    return joint[0] + (joint - joint[0]).mean(axis=0)


def _spread(rows):
    """At most 32 of these, evenly spread."""
    return rows[:: max(-(-len(rows) // _CENTRE_ROWS), 1)]


def sparse_centred_moments(X, y, weights, shift=None):
    """:func:`centred_moments` of a block whose ``X`` is sparse.

    Zeros are skipped, so features are summed about zero and centred by a rank-one correction;
    only the targets use ``shift``. Where a feature has a mean a hundred times its standard
    deviation that would cost digits: that column is then made dense.

    Parameters
    ----------
    X : CSR array of shape (n_rows, n_features)
        float32 or float64; sums are in float64.
    y : ndarray of shape (n_rows, n_targets) or None
        float64.
    weights : ndarray of shape (n_rows,)
        Never negative.
    shift : ndarray of shape (n_features + n_targets,) or None, default=None
        A provisional centre near the mean; None takes :func:`provisional_centre`.

    Returns
    -------
    Moments
    """
    n_rows, n_features = X.shape
    y = np.empty((n_rows, 0)) if y is None else np.asarray(y, dtype=np.float64)
    centre = np.zeros(n_features + y.shape[1])
    if shift is None:
        centre[n_features:] = provisional_centre(np.empty((n_rows, 0)), y, weights)
    else:
        centre[n_features:] = shift[n_features:]
    gram = _sparse_gram(X, weights)
    moments = _sparse_moments(X, y, weights, centre, gram, np.arange(0))
    far = np.flatnonzero(_far_columns(moments, centre, np.dtype(np.float64))[:n_features])
    if len(far):
        centre[far] = provisional_centre(X[:, far].toarray(), None, weights)
        moments = _sparse_moments(X, y, weights, centre, gram, far)
    return moments


def _sparse_moments(X, y, weights, centre, gram, far):
    """Moments with the features ``far`` and the targets as dense columns about their centres."""
    n_features = X.shape[1]
    dense = np.concatenate([far, np.arange(n_features, len(centre))])
    columns = np.hstack([X[:, far].toarray(), y]) - centre[dense]
    weighted = np.column_stack([columns, np.ones(len(y))]) * weights[:, None]
    sums, first = np.zeros((len(centre), len(centre))), np.zeros(len(centre))
    sums[:n_features, :n_features] = gram
    cross = X.T @ weighted
    first[:n_features], first[dense] = cross[:, -1], weighted[:, :-1].sum(axis=0)
    sums[:n_features, dense] = cross[:, :-1]
    sums[dense, :n_features] = cross[:, :-1].T
    sums[np.ix_(dense, dense)] = columns.T @ weighted[:, :-1]
    return Moments.from_sums(weights.sum(), first, sums, centre)


def _moments_about(X, y, weights, shift):
    """Moments by way of sums about ``shift``, and whether squares fitted the precision."""
    shift = shift.astype(X.dtype)
    width = len(shift)
    narrow = width <= _WIDEST_TILE[X.dtype]
    with np.errstate(over="ignore", invalid="ignore"):
        gram = (_tile_gram if narrow else _blas_gram)(X, y, weights, shift)
    first, second = gram[width, :width], gram[:width, :width]
    representable = X.dtype == np.float64 or _representable(np.diag(second), X, y, shift)
    shift = shift.astype(np.float64)
    return Moments.from_sums(weights.sum(), first, second, shift), representable


def _tile_gram(X, y, weights, shift):
    width = len(shift) + 1
    padded = padded_width(width, X.dtype)
    tile = aligned_zeros((TILE_ROWS, padded), X.dtype)
    lower, gram = aligned_zeros((padded, padded)), np.empty((width, width))
    add_rows(frozen(X), frozen(y), frozen(weights), shift, tile, lower)
    lower_to_full(lower, gram)
    return gram


def _blas_gram(X, y, weights, shift):
    width = len(shift) + 1
    rows_per_call = min(_blas_rows(width, X.dtype), len(X))
    buffer = np.empty((rows_per_call, width), X.dtype)
    product = np.empty((width, width), X.dtype)
    gram = np.zeros((width, width))
    for start in range(0, X.shape[0], rows_per_call):
        rows = slice(start, start + rows_per_call)
        used = buffer[: len(weights[rows])]
        fill_tile(frozen(X[rows]), frozen(y[rows]), frozen(weights[rows]), shift, used)
        gram += np.matmul(used.T, used, out=product)
    return gram


def _blas_rows(width, dtype):
    if dtype == np.float32:
        return _FLOAT32_BLAS_ROWS
    fewest, most = _FLOAT64_BLAS_ROWS
    return min(max(_VALUES_PER_CALL // width, fewest), most)


def _representable(squares, X, y, shift):
    """False where float32 squares overflowed or fell below the normal range."""
    low, high = _SAFE_SQUARES
    nonzero = squares != 0.0
    if not np.all((squares[nonzero] > low) & (squares[nonzero] < high)):
        return False
    vanished = np.flatnonzero(~nonzero)
    features = vanished[vanished < X.shape[1]]
    targets = vanished[vanished >= X.shape[1]]
    constant_features = X[:, features] == shift[features]
    constant_targets = y[:, targets - X.shape[1]] == shift[targets]
    return constant_features.all() and constant_targets.all()


def _far_from_mean(moments, shift, dtype):
    return bool(np.any(_far_columns(moments, shift, dtype)))


def _far_columns(moments, shift, dtype):
    offset = moments.mean - shift
    rounding = 8.0 * np.finfo(dtype).eps * np.abs(shift)
    distance = moments.weight * offset**2
    far = distance > _FARTHEST_CENTRE[dtype] * np.diag(moments.scatter)
    return far & (np.abs(offset) > rounding)


def _sparse_gram(X, weights):
    gram = np.zeros((X.shape[1], X.shape[1]))
    _add_sparse_rows(X.data, X.indices, X.indptr, weights, gram)
    return gram + gram.T


@kernel
def _add_sparse_rows(data, indices, indptr, weights, gram):
    """Add every pair of entries of a row once, and half of each square."""
    for n in range(len(indptr) - 1):
        values = data[indptr[n] : indptr[n + 1]]
        columns = indices[indptr[n] : indptr[n + 1]]
        for a in range(len(values)):
            weighted = weights[n] * values[a]
            line = gram[columns[a]]
            line[columns[a]] += 0.5 * weighted * values[a]
            for b in range(a):
                line[columns[b]] += weighted * values[b]
