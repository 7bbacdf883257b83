"""The one place that imports what scikit-learn shares with its friends but does not document."""

from __future__ import annotations

from numbers import Integral

from sklearn.base import _fit_context
from sklearn.utils._optional_dependencies import check_pandas_support
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils._repr_html.fitted_attributes import AttrsDict
from sklearn.utils.validation import _check_sample_weight, _is_arraylike

__all__ = [
    "N_JOBS",
    "AttrsDict",
    "Interval",
    "StrOptions",
    "_check_sample_weight",
    "_fit_context",
    "_is_arraylike",
    "check_pandas_support",
]

N_JOBS = [
    Interval(Integral, 1, None, closed="left"),
    Interval(Integral, None, -1, closed="right"),
    None,
]
"""What ``n_jobs`` may be: zero threads do nothing."""
