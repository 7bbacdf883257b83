"""A flat prior, and rows that are told apart perfectly: a posterior without end.

The bound then rises for ever, ever more slowly, while predictors grow without end and their
variances with them. How unsure a direction ``u`` of the weights is of its own rows,

    sum_i lam_i v_i (a_i'u)^2 / sum_i lam_i (a_i'u)^2,

is about one over the events or the pairs of outcomes behind it where there is anything to choose,
whatever the scale of the columns and however few the rows.
"""

from __future__ import annotations

import numpy as np

__all__ = ["check_separation", "watch_separation"]

_LARGEST_VARIANCE = 20.0
"""Of predictors: nobody is that unsure of log odds or log means with anything to choose from."""
_MOST_OF_ONE_ROW = 0.9
_SELDOM = 50  # iterations


def watch_separation(model, blocks, monitor):
    """Have an ascent stopped that has no end, before numbers have lost their digits.

    Parameters
    ----------
    model, blocks, monitor
        As of :func:`check_separation`; its report is replaced by one that asks for the stop.
    """
    report = monitor.report

    def watched(monitor, state):
        if report is not None and report(monitor, state):
            return True
        if len(monitor.history) % _SELDOM:
            return False
        return _is_separated(model, blocks, state.posterior)

    monitor.report = watched


def check_separation(estimator, model, blocks, monitor):
    """Call a fit not converged, and say why, where a flat prior left the weights without bounds.

    Parameters
    ----------
    estimator : estimator
    model : LinearPredictorModel
    blocks : Blocks
        The training rows.
    monitor : Monitor
        Of the fit that has ended.
    """
    if monitor.state is None or not _is_separated(model, blocks, monitor.state.posterior):
        return
    monitor.converged = monitor.stopped = False
    monitor.advice = (
        f"{type(estimator).__name__}: some combination of the columns of X, or the intercept, "
        "tells the targets apart perfectly, or all but, so that with prior='flat' there is no "
        "posterior of the coefficients and what is given is where the ascent happened to stop; "
        "use prior='ridge'."
    )


def _is_separated(model, blocks, posterior):
    if model.likelihood.in_units_of_target:
        return False
    simple = model.diagonal or model.blockwise
    return (_mean if simple else _largest)(model, blocks, posterior) > _LARGEST_VARIANCE


def _mean(model, blocks, posterior):
    """Variance of the predictors of the training rows, on average."""
    total = sum(
        block.weights @ _average(model.moments(block.X, None, posterior)[2]) for block in blocks
    )
    return total / sum(block.weights.sum() for block in blocks)


def _largest(model, blocks, posterior):
    """Variance of the predictors behind the direction of the weights that is the least sure.

    Zero where that is all but one row's: a row far from all others is not a separation.
    """
    gram = 0.0
    for block in blocks:
        rows, curvature = _uncertain(model, block, posterior)
        gram = gram + rows.gram(curvature)
    root = posterior.flat_root()
    values, vectors = np.linalg.eigh(root @ gram @ root.T)
    if values[-1] <= _LARGEST_VARIANCE:
        return values[-1]
    direction, most = vectors[:, -1] @ root, 0.0
    for block in blocks:
        rows, curvature = _uncertain(model, block, posterior)
        moved = rows.predictors(direction, posterior.n_predictors)
        curvature = curvature.reshape(len(moved), *2 * moved.shape[1:])
        most = max(most, np.max(np.einsum("nd,nde,ne->n", moved, curvature, moved), initial=0.0))
    return values[-1] if most <= _MOST_OF_ONE_ROW * values[-1] else 0.0


def _uncertain(model, block, posterior):
    """Rows of a block, and their curvatures times the variances of their predictors."""
    y, offset = model.split(block.y)
    rows, mean, variance = model.moments(block.X, offset, posterior)
    curvature = model.likelihood.expectations(y, mean, variance, posterior.parameters)[2]
    weights = block.weights * _average(variance)
    return rows, curvature * weights.reshape(-1, *(1,) * (curvature.ndim - 1))


def _average(variance):
    """One number for every row."""
    if variance.ndim == 1:
        return variance
    return np.trace(variance, axis1=1, axis2=2) / variance.shape[1]
