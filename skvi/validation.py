"""The door: whatever the user hands in becomes blocks of clean rows, or a clear error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite, check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from skvi._compat import _check_sample_weight, _is_arraylike
from skvi.inference.blocks import ArrayBlocks, ChunkBlocks
from skvi.tables import (
    as_numbers,
    check_size,
    check_target_names,
    counted_rows,
    summed_duplicates,
)

__all__ = [
    "Rows",
    "is_chunks",
    "make_blocks",
    "named_parts",
    "new_rows",
    "validate_rows",
]

_DTYPES = [np.float64, np.float32]
_LARGE = 1 << 22


class Rows(NamedTuple):
    """Validated rows.

    Attributes
    ----------
    blocks : ArrayBlocks or ChunkBlocks
        The rows.
    dtype : numpy dtype
        Of the table; fitted arrays are given back in it.
    flat_target : bool
        Whether the target came as a vector.
    target_names : list of str or None
        Names of the columns of the target, where it came as a frame.
    """

    blocks: ArrayBlocks | ChunkBlocks
    dtype: np.dtype
    flat_target: bool
    target_names: list | None


def is_chunks(X) -> bool:
    """Whether ``X`` is an iterable of chunks rather than a table.

    A list or tuple of chunks must hold arrays, frames or ``(X, y, sample_weight)`` tuples of them;
    any other iterable without a shape is taken to give chunks.
    """
    if sparse.issparse(X) or hasattr(X, "shape") or hasattr(X, "__array__"):
        return False
    if isinstance(X, (list, tuple)):
        return bool(len(X)) and _is_chunk(X[0])
    return isinstance(X, Iterable) and not isinstance(X, (str, bytes, dict))


def make_blocks(estimator, X, y=None, sample_weight=None, *, reset, needs_y, accept_sparse):
    """Validated rows of a fit.

    Parameters
    ----------
    estimator : estimator
        Its ``n_features_in_`` and ``feature_names_in_`` are set or checked.
    X : table or iterable of chunks
        See :func:`is_chunks`.
    y, sample_weight : array-like, default=None
        Not allowed beside chunks, which bring their own.
    reset : bool
        Whether this is a new fit (True) or a further batch (False).
    needs_y : bool
        Whether a target is required.
    accept_sparse : bool
        Whether CSR and CSC tables are taken.

    Returns
    -------
    rows : Rows
        Blocks of rows of positive weight, and how to give results back.
    """
    options = {"needs_y": needs_y, "accept_sparse": accept_sparse}
    if not is_chunks(X):
        names = _target_names(y)
        X, y, weights = validate_rows(estimator, X, y, sample_weight, reset=reset, **options)
        flat = y is not None and y.ndim == 1
        return Rows(ArrayBlocks(X, y[:, None] if flat else y, weights), X.dtype, flat, names)
    if y is not None or sample_weight is not None:
        raise ValueError(
            "y and sample_weight must be None when X is an iterable of chunks; "
            "put them into the chunks as (X, y, sample_weight)."
        )
    return _chunk_blocks(estimator, X, reset=reset, **options)


def validate_rows(estimator, X, y, sample_weight, *, reset, needs_y, accept_sparse):
    """Clean ``(X, y, weights)`` of one table; ``weights`` is None where every row counts once.

    A large table is not read for this: :func:`~skvi.tables.check_moments` finds what is not finite
    from the moments of the rows, which every fit takes first.
    """
    checks = {
        "accept_sparse": "csr" if accept_sparse else False,
        "dtype": _DTYPES,
        "order": None,
        "reset": reset,
        "ensure_all_finite": not (reset and _is_large(X, sample_weight)),
    }
    if sparse.issparse(y):
        raise TypeError("y is a sparse array; expected a dense one: use y.toarray().")
    with as_numbers(X=X, y=y, sample_weight=sample_weight):
        if needs_y:
            checked = isinstance(y, np.ndarray) and y.dtype in _DTYPES
            X, y = validate_data(estimator, X, y, multi_output=True, y_numeric=True, **checks)
            y = np.asarray(y, dtype=np.float64)
            if not checked:  # gaps among objects are found once they are numbers
                assert_all_finite(y, input_name="y")
        else:
            X, y = validate_data(estimator, X, **checks), None
        weights = _weights(sample_weight, X)
    X = summed_duplicates(X)
    if checks["ensure_all_finite"]:
        check_size("X", X)
    if y is not None:
        check_size("y", y)
    return counted_rows(X, y, weights)


def _weights(values, X, *, may_vanish=False):
    if values is None:
        return None
    weights = _check_sample_weight(values, X, dtype=np.float64, allow_all_zero_weights=True)
    assert_all_finite(weights, input_name="sample_weight")
    if not (may_vanish or weights.any()):
        raise ValueError(
            "Sample weights must contain at least one non-zero number, but sample_weight is zero "
            "for all rows."
        )
    if weights.min(initial=0.0) < 0.0:
        raise ValueError(
            f"Negative values in data passed to `sample_weight`, {weights.min():g} among them; "
            "expected zero or more."
        )
    return weights


def named_parts(beside, names):
    """What stands beside the rows of a chunk, by name: ``sample_weight`` and ``names``, or None.

    ``beside`` is an array of weights, a dict or None.
    """
    names = ("sample_weight", *names)
    given = beside if isinstance(beside, dict) else {"sample_weight": beside}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ValueError(f"X gives a chunk with {unknown[0]!r}; expected names among {names}.")
    return {name: given.get(name) for name in names}


def new_rows(estimator, X, *, limited=True, **options):
    """Rows to predict, as the fitted ``estimator`` knows them.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : array-like or sparse matrix of shape (n_samples, n_features)
        Rows.
    limited : bool, default=True
        Whether the squares of the rows must be numbers.
    **options : dict
        As of :func:`sklearn.utils.check_array`.

    Returns
    -------
    X : ndarray or CSR array of shape (n_samples, n_features)
    """
    check_is_fitted(estimator)
    if is_chunks(X):
        raise ValueError("X is an iterable of chunks; expected one table: predict each chunk.")
    with as_numbers(X=X):
        X = validate_data(estimator, X, dtype=_DTYPES, reset=False, **options)
    X = summed_duplicates(X)
    if limited:
        check_size("X", X)
    return X


def _is_large(X, sample_weight):
    known = isinstance(X, np.ndarray) and X.dtype in _DTYPES
    return known and X.size >= _LARGE and sample_weight is None


def _is_chunk(item):
    if isinstance(item, tuple):
        item = item[0] if item else None
    return sparse.issparse(item) or (
        _is_arraylike(item) and getattr(item, "ndim", 2) == 2 and hasattr(item, "shape")
    )


def _chunk_blocks(estimator, chunks, *, reset, needs_y, accept_sparse):
    if iter(chunks) is chunks:
        raise ValueError(
            f"X={type(chunks).__name__} can be read only once; expected a re-iterable of "
            "(X, y, sample_weight) chunks, such as a list or an object whose __iter__ starts anew."
        )
    first = next(iter(chunks), None)
    if first is None:
        raise ValueError("X is an iterable of chunks with no rows in it; expected at least one.")
    head, target, _ = _split(first, needs_y)
    accepted = "csr" if accept_sparse else False
    with as_numbers(X=head):
        table = validate_data(estimator, head, accept_sparse=accepted, dtype=_DTYPES, reset=reset)
    axes, target_names = np.shape(target)[1:], _target_names(target)
    like = _Like(table.shape[1], _names(head), table.dtype, axes, target_names)

    def prepare(chunk):
        return _clean_chunk(chunk, like, needs_y, accept_sparse)

    flat = needs_y and not axes
    return Rows(ChunkBlocks(chunks, prepare), table.dtype, flat, target_names)


def _split(chunk, needs_y):
    parts = chunk if isinstance(chunk, tuple) else (chunk,)
    if len(parts) > 3 or (len(parts) < 2 and needs_y) or _misplaced(parts, needs_y):
        optional = "X, (X, None) or (X, None, sample_weight)"
        wanted = "(X, y) or (X, y, sample_weight)" if needs_y else optional
        what = (" without y" if needs_y else " with y") if _misplaced(parts, needs_y) else ""
        raise ValueError(f"X gives a chunk of {len(parts)} parts{what}; expected {wanted}.")
    parts += (None,) * (3 - len(parts))
    return (*parts[:2], *named_parts(parts[2], ()).values())


def _misplaced(parts, needs_y):
    return len(parts) > 1 and (parts[1] is None) == needs_y


class _Like(NamedTuple):
    """What every chunk must share with the first."""

    n_features: int
    names: list | None
    dtype: np.dtype
    target_axes: tuple
    target_names: list | None


def _names(table):
    return list(table.columns) if hasattr(table, "columns") else None


def _target_names(y):
    names = _names(y)
    return names if names and all(isinstance(name, str) for name in names) else None


def _clean_chunk(chunk, like, needs_y, accept_sparse):
    X, y, sample_weight = _split(chunk, needs_y)
    names, target_names = _names(X), _target_names(y)
    accepted = "csr" if accept_sparse else False
    with as_numbers("In a chunk, ", X=X, y=y, sample_weight=sample_weight):
        X = check_array(X, accept_sparse=accepted, dtype=like.dtype, input_name="X")
        X = summed_duplicates(X)
        if needs_y:
            y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
            check_consistent_length(X, y)
        sample_weight = _weights(sample_weight, X, may_vanish=True)
    if X.shape[1] != like.n_features:
        raise ValueError(f"X gives a chunk with {X.shape[1]} features; expected {like.n_features}.")
    if names != like.names:
        raise ValueError(f"X gives a chunk with columns {names}; expected {like.names or 'none'}.")
    if needs_y:
        if y.shape[1:] != like.target_axes:
            wanted = ("n_rows", *like.target_axes)
            raise ValueError(f"X gives a chunk with y of shape {y.shape}; expected {wanted}.")
        check_target_names(target_names, like.target_names)
        check_size("y", y)
        y = y if y.ndim == 2 else y[:, None]
    check_size("X", X)
    return counted_rows(X, y if needs_y else None, sample_weight)
