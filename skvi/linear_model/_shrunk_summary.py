"""The coefficient table of an ensemble."""

from __future__ import annotations

import numpy as np

from skvi._compat import check_pandas_support
from skvi.linear_model._summary import free_name

__all__ = ["ensemble_table"]

_LEVELS = np.array([[0.05], [0.5], [0.95]])
_ROWS = 512


def ensemble_table(ensemble, feature_names):
    """One row per coefficient, the intercept first.

    Parameters
    ----------
    ensemble : Ensemble
    feature_names : sequence of str

    Returns
    -------
    pandas.DataFrame
        With a column ``inclusion`` where coefficients can be zero.
    """
    pandas = check_pandas_support("summary")
    marginal, p = ensemble.marginal, len(ensemble.mean)
    parts = []
    for low in range(0, p, _ROWS):
        rows = slice(low, low + _ROWS)
        part = marginal._replace(
            weight=marginal.weight if len(marginal.weight) == 1 else marginal.weight[rows],
            location=marginal.location[rows],
            scale=marginal.scale[rows],
        )
        quantiles = part.ppf(_LEVELS).T
        parts.append(np.column_stack([quantiles, part.sf(np.zeros(len(quantiles)))]))
    values = np.column_stack([ensemble.mean, ensemble.sd, np.concatenate(parts)])
    names, columns = list(feature_names), ["mean", "sd", "5%", "50%", "95%", "P(>0)"]
    if ensemble.inclusion is not None:
        zero = 1.0 - ensemble.inclusion
        values[:, 5] = np.maximum(values[:, 5] - 0.5 * zero, 0.0)  # what is zero is not positive
        values[:, 2:5] = np.where(
            np.abs(values[:, 2:5]) < 1e-8 * values[:, 1:2], 0.0, values[:, 2:5]
        )
        values, columns = np.column_stack([values, ensemble.inclusion]), [*columns, "inclusion"]
    if ensemble.intercept_variance > 0.0:
        at_zero = ensemble.predictive(np.zeros((1, p)), noise=False)
        own = [
            *at_zero.mean(),
            *at_zero.std(),
            *at_zero.ppf(_LEVELS).ravel(),
            *at_zero.sf(np.zeros(1)),
        ]
        own += [1.0] * (len(columns) - len(own))
        values = np.vstack([own, values])
        names.insert(0, free_name("intercept", feature_names))
    return pandas.DataFrame(values, index=names, columns=columns)
