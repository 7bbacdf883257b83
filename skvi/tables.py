"""What one table may hold: numbers, of a size whose squares are numbers too."""

from __future__ import annotations

import re
from contextlib import contextmanager

import numpy as np
from scipy import sparse
from sklearn.utils import assert_all_finite

from skvi.inference.blocks import ArrayBlocks

__all__ = [
    "as_numbers",
    "check_content",
    "check_moments",
    "check_size",
    "check_spread",
    "check_target_names",
    "counted_rows",
    "summed_duplicates",
]

_LARGEST = 1e152
_SMALLEST = 1e-152
_LARGEST_WEIGHT = 1e15
_MOST_DIGITS = 200
# Up to so many, two readings take less time than what keeps squares quiet.
_FEW_CELLS = 4096


def check_content(name, values):
    """Raise a ValueError where ``values`` would silently become other numbers than they look.

    Parameters
    ----------
    name : str
        Of the argument.
    values : array-like
        Masked arrays must have no masked cell; dates and durations are refused.
    """
    if np.ma.is_masked(values):
        raise ValueError(
            f"{name} is a masked array with {np.ma.count_masked(values)} masked cells; expected "
            "all cells to be there: drop those rows or fill the cells in."
        )
    times = {str(kind) for kind in _dtypes(values) if _is_time(kind)}
    if times:
        raise ValueError(
            f"{name} holds dates or durations ({', '.join(sorted(times))}); expected numbers: "
            "convert them, for instance to days since a date."
        )
    complex_types = {str(kind) for kind in _dtypes(values) if getattr(kind, "kind", "") == "c"}
    if complex_types:
        raise ValueError(
            f"Complex data not supported: {name} holds {', '.join(sorted(complex_types))}; "
            "expected real numbers."
        )
    columns = list(values.columns) if hasattr(values, "columns") else []
    twice = sorted({str(column) for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(f"{name} has several columns called {twice}; expected different names.")


@contextmanager
def as_numbers(where="", /, **arguments):
    """Say which argument it was where one of ``arguments`` cannot be turned into numbers.

    Parameters
    ----------
    where : str, default=""
        Put before the name.
    **arguments : array-like
        ``X``, and ``y`` and ``sample_weight`` where there are any.

    Raises
    ------
    TypeError, ValueError
        What was raised inside, with the name of the argument where it is not in the message.
    """
    for name, values in arguments.items():
        check_content(name, values)
    try:
        # the sum that finds infinities may itself be infinite, or the difference of two
        with np.errstate(over="ignore", invalid="ignore"):
            yield
    except (TypeError, ValueError) as error:
        for name, values in arguments.items():
            if reason := _no_numbers(values):
                kind = TypeError if isinstance(error, TypeError) else ValueError
                text = str(reason).rstrip(".")
                raise kind(f"{where}{name} does not hold numbers alone: {text}.") from None
        if re.search(rf"\b({'|'.join(arguments)})\b", str(error)):
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{where}{_misshapen(arguments)}: {error}") from None


def check_size(name, values):
    """Raise a ValueError where ``values``, an array or sparse array, holds too large numbers."""
    cells = values.data if sparse.issparse(values) else values
    if cells.size > _FEW_CELLS:
        flat = cells.ravel(order="K")
        with np.errstate(all="ignore"):
            if float(np.dot(flat, flat)) <= _LARGEST**2:
                return  # nearly always, after one reading
    if cells.size and max(-float(cells.min()), float(cells.max())) > _LARGEST:
        raise ValueError(_too_large(name))


def check_moments(blocks, moments):
    """Raise a ValueError where rows hold NaN or infinity, or their squares overflow.

    Parameters
    ----------
    blocks : ArrayBlocks or ChunkBlocks
        The rows.
    moments : NamedTuple of ndarray
        Their means and squares, in any form.
    """
    if all(np.all(np.isfinite(field)) for field in moments):
        return
    if isinstance(blocks, ArrayBlocks) and not sparse.issparse(blocks.X):
        assert_all_finite(blocks.X, input_name="X")
    raise ValueError(_too_large("X or y"))


def check_spread(name, mean, spread):
    """Raise a ValueError where the squares of a column vanish, though it does not, or overflow.

    Parameters
    ----------
    name : str
        Of the argument.
    mean, spread : ndarray of shape (n_columns,)
        Mean and standard deviation of each column.
    """
    size = np.atleast_1d(np.maximum(np.abs(mean), spread))
    check_size(name, size)
    small = (size > 0.0) & (size < _SMALLEST)
    if np.any(small):
        raise ValueError(
            f"{name} holds values so small that their squares vanish, in columns "
            f"{np.flatnonzero(small).tolist()}; expected values of 1e-150 at least in absolute "
            "value, or zero: choose another unit."
        )


def check_spreads(x_spread, y_spread):
    """Raise a ValueError where the slopes of ``y`` on ``X`` would be no numbers.

    Parameters
    ----------
    x_spread : float
        Standard deviation of the columns of ``X``, together; positive.
    y_spread : ndarray of shape (n_targets,)
        Standard deviation of each target; positive.
    """
    least = min(float(x_spread), float(y_spread.min()))
    largest = max(float(x_spread), float(y_spread.max()))
    if least >= _SMALLEST and largest <= _LARGEST and largest * 10.0**-_MOST_DIGITS <= least:
        return  # nearly always
    check_spread("X", 0.0, x_spread)
    check_spread("y", 0.0, y_spread)
    digits = np.log10(y_spread) - np.log10(x_spread)
    if np.any(np.abs(digits) > _MOST_DIGITS):
        raise ValueError(
            f"y has a spread of {y_spread.tolist()} and X one of {x_spread:.3g}; expected them "
            f"to differ by a factor of 1e{_MOST_DIGITS} at most: choose other units."
        )


def check_target_names(names, began):
    """Raise a ValueError where the columns of ``y`` have other names than those seen before.

    Parameters
    ----------
    names, began : list of str or None
        None where there are no names: nothing is asked then.
    """
    if names is not None and began is not None and names != began:
        raise ValueError(f"y has the columns {names}, but had {began} before; expected those.")


def counted_rows(X, y, weights):
    """Rows of positive weight: those of weight zero are as good as absent.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
    y : ndarray or None
    weights : ndarray of shape (n_rows,) or None
        None: every row counts once.

    Returns
    -------
    X, y, weights
        The same objects where all rows count.

    Raises
    ------
    ValueError
        If the weights are too large to be counts.
    """
    if weights is not None and weights.sum() > _LARGEST_WEIGHT:
        raise ValueError(
            f"sample_weight has the sum {weights.sum():.3g}; expected at most {_LARGEST_WEIGHT:g}: "
            "weights are repetition counts."
        )
    if weights is None or np.all(weights > 0.0):
        return X, y, weights
    keep = np.flatnonzero(weights)
    return X[keep], None if y is None else y[keep], weights[keep]


def summed_duplicates(X):
    """The table, whose cells stand at one place each where it is sparse: a copy if need be."""
    if not sparse.issparse(X) or X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X


def _too_large(name):
    return (
        f"{name} holds values so large that their squares overflow; expected values below 1e150 "
        "in absolute value."
    )


def _dtypes(values):
    """The types of the columns of an array, a frame or a series."""
    if hasattr(values, "shape") and hasattr(values, "dtypes"):
        return np.atleast_1d(np.asarray(values.dtypes, dtype=object))
    return [values.dtype] if hasattr(values, "dtype") else []


def _no_numbers(values):
    """Why values that are no arrays of numbers cannot become one; None where they can."""
    kind = getattr(getattr(values, "dtype", None), "kind", "O")
    if values is None or sparse.issparse(values) or kind in "biufc":
        return None
    try:
        np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        return error
    return None


def _misshapen(arguments):
    """The argument whose shape is not allowed, or does not fit that of X; X if none is."""
    shapes = {n: np.shape(v) for n, v in arguments.items() if v is not None}
    table = shapes.get("X", ())
    if len(table) == 2 and 0 not in table:
        for name, shape in shapes.items():
            n_axes = 1 if name == "sample_weight" else 2
            if shape[:1] != table[:1] or len(shape) > n_axes or 0 in shape:
                return f"{name} of shape {shape}"
    return f"X of shape {table}" if "X" in shapes else "X=None"


def _is_time(dtype):
    temporal = getattr(dtype, "is_temporal", None)
    return temporal() if callable(temporal) else getattr(dtype, "kind", "") in ("m", "M")
