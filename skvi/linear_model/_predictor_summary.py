"""The coefficient table of a linear predictor."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from skvi._compat import check_pandas_support
from skvi.linear_model._summary import free_name

__all__ = ["predictor_table"]

_LEVELS = {"5%": ndtri(0.05), "50%": 0.0, "95%": ndtri(0.95)}


def predictor_table(shown, weights, feature_names, groups, ratio=None):
    """One row per coefficient, the intercept first.

    Parameters
    ----------
    shown : ShownWeights
    weights : ndarray of shape (n_predictors, n_columns)
        Posterior means in the units of the table.
    feature_names : sequence of str
    groups : sequence or None
        Names of what is shown, the outer index; None where there is one thing.
    ratio : str or None, default=None
        What the exponential of a coefficient is called, where it has a name.

    Returns
    -------
    pandas.DataFrame
    """
    pandas = check_pandas_support("summary")
    coef, intercept = (np.atleast_1d(part) for part in shown.split(weights))
    coef = coef.reshape(len(intercept), -1)
    sds = np.reshape(shown.coef_sd(), coef.shape)
    intercept_sds = np.atleast_1d(shown.intercept_sd())
    names, tables = list(feature_names), []
    for k in range(len(coef)):
        means, sd, index = coef[k], sds[k], names
        if shown.intercept:
            means, sd = np.append(intercept[k], means), np.append(intercept_sds[k], sd)
            index = [free_name("intercept", names), *names]
        tables.append(pandas.DataFrame(_columns(means, sd, ratio), index=index))
    return tables[0] if groups is None else pandas.concat(tables, keys=list(groups))


def _columns(mean, sd, ratio):
    columns = {"mean": mean, "sd": sd}
    columns |= {name: mean + level * sd for name, level in _LEVELS.items()}
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        columns["P(>0)"] = np.where(sd > 0.0, ndtr(mean / sd), mean > 0.0)
        if ratio is not None:
            columns |= {
                f"{ratio} {name}": np.exp(mean + level * sd) for name, level in _LEVELS.items()
            }
    return columns
