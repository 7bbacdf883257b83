"""The coefficient table of a linear regression."""

from __future__ import annotations

import numpy as np

from skvi._compat import check_pandas_support
from skvi.models.linear_regression import marginals

__all__ = ["coefficient_table", "free_name"]


def coefficient_table(posterior, feature_names, target_names):
    """One row per coefficient: mean, sd, 5 %, 50 %, 95 % and the probability of being positive.

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    feature_names : sequence of str
        Names of the columns.
    target_names : sequence of str or None
        None where there is one target: the index is then the coefficients alone.

    Returns
    -------
    pandas.DataFrame
        The intercept, where there is one, comes first; it is called "(intercept)" where a column
        has the name "intercept".
    """
    pandas = check_pandas_support("summary")
    tables = {}
    for target in range(posterior.spectrum.n_targets):
        names, values = list(feature_names), []
        intercept = marginals.intercept(posterior, target)
        if intercept is not None:
            names.insert(0, free_name("intercept", feature_names))
            values.append(_columns(intercept))
        for features in marginals.pieces(posterior):
            values.append(_columns(marginals.coefficients(posterior, target, features)))
        values = np.concatenate(values)
        tables[target] = pandas.DataFrame(
            values, index=names, columns=["mean", "sd", "5%", "50%", "95%", "P(>0)"]
        )
    if target_names is None:
        return tables[0]
    return pandas.concat(list(tables.values()), keys=list(target_names))


def free_name(name, taken):
    """The name, in as many brackets as it takes to be none of those taken."""
    while name in taken:
        name = f"({name})"
    return name


def _columns(marginal):
    quantiles = marginal.ppf(np.array([[0.05], [0.5], [0.95]]))
    positive = marginal.sf(np.zeros(marginal.location.shape[0]))
    return np.column_stack([marginal.mean(), marginal.std(), quantiles.T, positive])
