"""What a pass over a block derives from the logits alone, kept for the next block."""

from __future__ import annotations

import os
import threading
from operator import is_
from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.kernels.dense.prepare import (
    PREDICTED_PER_EPSILON,
    Layout,
    coefficients_of,
    layout_of,
    packed_rows,
    precision_norm,
    precisions_of,
)
from skvi.models.gaussian_mixture.kernels.screened.screened_pass import fewest_rows, screen_of

__all__ = ["Form", "Plan", "plan_of"]

_LOGIT_ERROR = 1e-9
_ERROR_PER_NORM = PREDICTED_PER_EPSILON * float(np.finfo(np.float64).eps)
_LARGEST_NORM = 1e200
_MOST_PLANS = 4
_MOST_BYTES = 1 << 23


class Form(NamedTuple):
    """The quadratic form of the logits.

    Attributes
    ----------
    layout : Layout
    coefficients : ndarray
        Four components side by side.
    limit : float
        Squared norm of a centred row up to which the form is accurate enough.
    """

    layout: Layout
    coefficients: np.ndarray
    limit: float


class Plan:
    """What passes over rows need of some logits about some centre.

    Parameters
    ----------
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Attributes
    ----------
    separation : float
        Largest distance of a component from the centre, in its own standard deviations.
    fewest_rows : int
        Rows of a block from which a screened pass is worth a try.
    """

    def __init__(self, logits, center, structure):
        self.logits, self.structure = logits, structure
        self.given_center, self.center = center, np.asarray(center, dtype=np.float64)
        self.separation = _separation(logits, self.center, structure)
        self.fewest_rows = fewest_rows(center.size, len(logits.mean), structure)
        self._form, self._screen = None, False

    def serves(self, logits, center, structure):
        """Whether this is the plan of these very arrays, which nobody writes to."""
        return (
            structure == self.structure
            and center is self.given_center
            and (logits is self.logits or all(map(is_, logits, self.logits)))
        )

    def form(self):
        """The quadratic form."""
        with _LOCK:
            self._form = self._form or self._new_form()
            return self._form

    def screen(self):
        """What a screened pass needs; None if it is no good for these logits."""
        with _LOCK:
            if self._screen is False:
                self._screen = screen_of(self.logits, self.center, self.structure)
            return self._screen

    def _new_form(self):
        logits, center, structure = self.logits, self.center, self.structure
        layout = layout_of(structure, center.size, len(logits.mean), np.float64)
        with np.errstate(over="ignore"):
            precision = precisions_of(logits.factor, structure)
            table = coefficients_of(logits, center, structure, precision)
        table = packed_rows(table).reshape(-1)
        table.flags.writeable = False
        norm = precision_norm(precision, structure)
        error = _ERROR_PER_NORM * norm
        limit = min(_LOGIT_ERROR / error, _LARGEST_NORM) if error > 0.0 else _LARGEST_NORM
        return Form(layout, table, limit)


_PLANS = []
_LOCK = threading.RLock()


def plan_of(logits, center, structure):
    """The plan of these logits: one that is there already, in any thread, if it serves.

    Parameters
    ----------
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    Plan
    """
    with _LOCK:
        for plan in _PLANS:
            if plan.serves(logits, center, structure):
                return plan
        plan = Plan(logits, center, structure)
        _PLANS.insert(0, plan)
        while len(_PLANS) > _MOST_PLANS or (len(_PLANS) > 1 and _size() > _MOST_BYTES):
            _PLANS.pop()
    return plan


def _size():
    return sum(plan.logits.factor.nbytes for plan in _PLANS)


def _after_fork():
    """Forget what other threads were doing when this process was forked."""
    global _LOCK
    _LOCK = threading.RLock()
    _PLANS.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _separation(logits, center, structure):
    """Largest distance of a component from the centre, in its own standard deviations."""
    with np.errstate(over="ignore", invalid="ignore"):
        shift = logits._replace(mean=center - logits.mean)
        offsets = shift.mean
        if structure == "full":
            scaled = (logits.factor @ offsets[..., None])[..., 0]
        elif structure == "tied":
            scaled = offsets @ logits.factor.T
        else:
            scaled = offsets * logits.factor.reshape(len(offsets), -1)
        return float(np.sqrt(np.max(np.sum(scaled * scaled, axis=1))))
