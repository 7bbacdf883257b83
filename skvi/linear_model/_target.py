"""Targets of a linear predictor: what users give beside the rows, packed into columns and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import column_or_1d

from skvi.tables import as_numbers, check_size
from skvi.validation import is_chunks, named_parts

__all__ = [
    "Layout",
    "PackedChunks",
    "beside_rows",
    "less_offset",
    "pack",
    "shifted",
    "survival_columns",
]


class Layout(NamedTuple):
    """Which columns a packed target has: first the target itself, then what came beside it.

    Attributes
    ----------
    has_exposure, has_offset : bool
    """

    has_exposure: bool
    has_offset: bool

    def split(self, packed):
        """Target, exposure (or None) and offset (or None)."""
        parts, last = [None, None], packed.shape[1]
        for position, present in ((1, self.has_offset), (0, self.has_exposure)):
            if present:
                last -= 1
                parts[position] = packed[:, last]
        return packed[:, :last], *parts


def pack(X, y, exposure, offset, n_target_columns):
    """One array of targets with exposures and offsets as further columns, and its layout.

    Parameters
    ----------
    X : table or iterable of chunks
    y : array-like of shape (n_samples,) or (n_samples, n_target_columns), or None
    exposure, offset : array-like of shape (n_samples,) or None
    n_target_columns : int
        Most columns a target may have.

    Returns
    -------
    packed : array-like or None
        The target itself where nothing stands beside it.
    layout : Layout
    """
    layout = Layout(exposure is not None, offset is not None)
    if is_chunks(X):
        if any(layout):
            raise ValueError(
                "exposure and offset must be None when X is an iterable of chunks; put them into "
                "the chunks as (X, y, {'offset': offset, 'sample_weight': sample_weight})."
            )
        return y, layout
    if y is not None and n_target_columns == 1:
        y = column_or_1d(y, warn=True)
    if y is not None and n_target_columns > 1:
        y = survival_columns(y, n_target_columns)
    if not any(layout) or y is None:
        return y, layout
    with as_numbers(y=y):
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
    columns = [y.reshape(len(y), -1)]
    beside = zip(("exposure", "offset"), beside_rows(y, exposure, offset), strict=True)
    for name, part in beside:
        if part is not None:
            check_size(name, part)
            columns.append(part[:, None])
    return np.hstack(columns), layout


class PackedChunks:
    """Chunks with what stands beside their rows packed into their targets.

    Parameters
    ----------
    chunks : iterable
        Can be iterated over again.
    names : iterable of str
        Which of ``"exposure"`` and ``"offset"`` a chunk may have.
    n_target_columns : int
        As in :func:`pack`.

    Attributes
    ----------
    layout : Layout
        Of the first chunk, and so of all.
    """

    def __init__(self, chunks, names, n_target_columns):
        self._chunks, self._names, self._n_columns = chunks, tuple(names), n_target_columns
        self.layout = next((self._packed(chunk)[1] for chunk in chunks), Layout(False, False))

    def __iter__(self):
        for chunk in self._chunks:
            packed, layout = self._packed(chunk)
            if layout != self.layout:
                raise ValueError(
                    "exposure and offset must be given in every chunk, or in none: X gives chunks "
                    f"with {layout} and with {self.layout}."
                )
            yield packed

    def _packed(self, chunk):
        """A chunk of targets with further columns, and its layout."""
        layout = Layout(False, False)
        if not (isinstance(chunk, tuple) and len(chunk) in (2, 3)):
            return chunk, layout  # what is wrong is said where rows are looked at
        X, y, *rest = chunk
        parts = named_parts(rest[0] if rest else None, self._names)
        beside = parts.get("exposure"), parts.get("offset")
        if self._n_columns > 1 and getattr(getattr(y, "dtype", None), "names", None):
            y = survival_columns(y, self._n_columns)
        if any(part is not None for part in beside):
            y, layout = pack(X, y, *beside, self._n_columns)
        return (X, y, parts["sample_weight"]), layout


def beside_rows(X, exposure, offset):
    """Exposures and offsets as checked vectors, None where there are none.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
    exposure : array-like of shape (n_samples,) or None
        At least zero.
    offset : array-like of shape (n_samples,) or None

    Returns
    -------
    exposure, offset : ndarray of shape (n_samples,) or None
    """
    exposure, offset = _vector("exposure", exposure, X), _vector("offset", offset, X)
    if exposure is not None and np.any(exposure < 0.0):
        raise ValueError(f"exposure holds {exposure.min():g}; expected positive numbers.")
    return exposure, offset


def less_offset(packed):
    """Targets less their offsets, where these are in the last column and there is no exposure."""
    return packed[:, :-1] - packed[:, -1:]


def shifted(location, columns):
    """Columns of which the last one, of offsets, is measured from a location."""
    return np.column_stack([columns[:, :-1], columns[:, -1] - location])


def survival_columns(y, n_columns):
    """A structured target as columns: times, and whether the event was observed.

    Parameters
    ----------
    y : array-like
        A structured array with one field of booleans and one of numbers, or columns.
    n_columns : int
        Most columns there may be.

    Returns
    -------
    array-like of shape (n_samples,) or (n_samples, n_columns)
    """
    fields = getattr(getattr(y, "dtype", None), "names", None)
    if fields is None:
        shape = np.asarray(y).shape
        if len(shape) == 2 and shape[1] > n_columns:
            raise ValueError(f"y has {shape[1]} columns; expected at most {n_columns}.")
        return y if len(shape) == 2 and shape[1] > 1 else column_or_1d(y, warn=True)
    events = [name for name in fields if y.dtype[name].kind == "b"]
    times = [name for name in fields if y.dtype[name].kind in "iuf"]
    if len(events) != 1 or len(times) != 1:
        raise ValueError(
            f"y has the fields {list(fields)}; expected one of booleans (whether the event was "
            "observed) and one of numbers (times)."
        )
    return np.column_stack([y[times[0]].astype(np.float64), y[events[0]]])


def _vector(name, values, X):
    if values is None:
        return None
    values = values if np.ndim(values) else [values]
    options = {"ensure_2d": False, "allow_nd": True, "ensure_min_samples": 0}
    with as_numbers(**{name: values}):
        values = check_array(values, dtype=np.float64, input_name=name, **options)
    if values.shape != (X.shape[0],):
        raise ValueError(
            f"{name} has shape {values.shape}; expected one number for each of {X.shape[0]} rows."
        )
    return values
