"""What ``partial_fit`` asks of further rows and of the estimator that is to take them in."""

from __future__ import annotations

from copy import deepcopy
from inspect import isclass
from numbers import Real

import numpy as np

from skvi.tables import check_target_names

__all__ = [
    "are_same",
    "check_forgetting_factor",
    "check_same",
    "check_same_targets",
    "remembered",
]


def check_forgetting_factor(value):
    """Raise a ValueError unless ``value`` is in (0, 1]."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0.0 < value <= 1.0:
        raise ValueError(f"forgetting_factor={value!r} is not allowed; use a number in (0, 1].")


def check_same(name, value, began):
    """Raise a ValueError where a parameter is not what ``partial_fit`` began with.

    Parameters
    ----------
    name : str
    value, began : object
        Estimators (such as priors) are the same where their parameters are.
    """
    if not are_same(value, began):
        raise ValueError(
            f"{name}={value!r} was {began!r} when partial_fit began and cannot change; call "
            "fit for a new model."
        )


def remembered(value):
    """A parameter as it is now, copied where it could change in place; functions are not."""
    if hasattr(value, "get_params") and not isclass(value):
        parameters = value.get_params(deep=False)
        return type(value)(**{name: remembered(inner) for name, inner in parameters.items()})
    return deepcopy(value) if isinstance(value, (list, dict, np.ndarray)) else value


def are_same(value, other):
    """Whether two parameters are equal: objects with parameters where all of these are."""
    if hasattr(value, "get_params"):
        if type(value) is not type(other):
            return False
        mine, theirs = value.get_params(), other.get_params()
        return all(are_same(mine[name], theirs[name]) for name in mine)
    if value is None or other is None:
        return value is other
    return bool(np.array_equal(value, other)) or _are_same_numbers(value, other)


def _are_same_numbers(value, other):
    """Whether two parameters hold equal numbers, NaN in the same places."""
    value, other = np.asarray(value), np.asarray(other)
    numbers = value.dtype.kind == other.dtype.kind == "f"
    return numbers and bool(np.array_equal(value, other, equal_nan=True))


def check_same_targets(rows, model, flat_target, target_names):
    """Raise a ValueError unless new rows have the targets of those seen before."""
    if rows.blocks.n_targets != model.n_targets:
        raise ValueError(
            f"y has {rows.blocks.n_targets} targets, but {model.n_targets} were seen before; "
            "partial_fit needs as many."
        )
    if rows.flat_target != flat_target:
        seen = "(n_samples,)" if flat_target else f"(n_samples, {model.n_targets})"
        raise ValueError(
            f"y has {1 if rows.flat_target else 2} dimensions, but had the shape {seen} when "
            "partial_fit began; expected that shape."
        )
    check_target_names(rows.target_names, target_names)
