"""What is said to the user about a fit that did not end well, and what to do about it."""

from __future__ import annotations

import numpy as np

__all__ = ["TOO_FAR_APART", "movement", "what_went_wrong"]

TOO_FAR_APART = (
    "The prior, the rows and their weights are too many orders of magnitude apart: choose other "
    "units, weights or another prior."
)


def movement(monitor):
    """How far the last iteration moved the posterior means."""
    return "none yet" if np.isinf(monitor.change) else f"{monitor.change:.2e} posterior sd"


def what_went_wrong(estimator, monitor):
    """Advice where a fit has not converged, or gives little to rely on; None where all is well."""
    if monitor.stopped:
        return None
    if monitor.advice is not None:
        return monitor.advice
    if monitor.converged:
        return None
    if monitor.lost > 0.0:
        return _bound_fell(estimator, monitor)
    if not monitor.exhausted:
        return _stuck(estimator, monitor)
    return _not_converged(estimator, monitor) if estimator.tol > 0.0 else None


def _not_converged(estimator, monitor):
    """Advice where no iterations were left."""
    return (
        f"{type(estimator).__name__} did not converge in max_iter={estimator.max_iter} iterations "
        f"(last change: {movement(monitor)}, tol={estimator.tol}). The bound is still valid, but "
        "increase max_iter, loosen tol or, for a mixture, try fewer components."
    )


def _bound_fell(estimator, monitor):
    """Advice where further iterations lowered the bound."""
    return (
        f"{type(estimator).__name__} stopped after {len(monitor.history)} iterations: the next ten "
        f"would have lowered the bound (by {monitor.lost:.2g} nats), which only rounding can do. "
        f"{TOO_FAR_APART}"
    )


def _stuck(estimator, monitor):
    """Advice where no step raised the bound any more, though one should."""
    return (
        f"{type(estimator).__name__} stopped after {len(monitor.history)} iterations at the bound "
        f"{monitor.state.bound:.6g}: no step raises it any more, though it is not at its top. What "
        f"is given may be far from the posterior. {TOO_FAR_APART}"
    )
