"""Rows that a model meets so closely that its noise cannot be reckoned with."""

from __future__ import annotations

__all__ = ["at_limit"]

_AT = 1e-6


def at_limit(estimator, model, prior, posterior):
    """Advice where a learned noise ended at the least there can be; None where it did not.

    Parameters
    ----------
    estimator : estimator
    model : LinearPredictorModel
    prior : Prior
    posterior : Posterior

    Returns
    -------
    str or None
    """
    likelihood = model.likelihood
    name, towards = likelihood.sharpest or (None, 0)
    if name not in likelihood.learned:
        return None
    if towards * (posterior.parameters[0] - prior.parameters[0]) < likelihood.reach - _AT:
        return None
    value = model.named(posterior.parameters)[name]
    return (
        f"{type(estimator).__name__} meets the rows so closely that {name}, which is learned, "
        f"ended at its limit, {value:.3g}: the noise may be smaller, and intervals wider than they "
        "should be. VariationalBayesianRegression(likelihood='normal'), of y or of log y, has no "
        "such limit."
    )
