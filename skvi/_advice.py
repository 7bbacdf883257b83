"""What is said to the user about a fit that did not end well, and what to do about it."""

from __future__ import annotations

import numpy as np

__all__ = ["TOO_FAR_APART", "bound_fell", "movement", "not_converged"]

TOO_FAR_APART = (
    "The prior, the rows and their weights are too many orders of magnitude apart: choose other "
    "units, weights or another prior."
)


def movement(monitor):
    """How far the last iteration moved the posterior means."""
    return "none yet" if np.isinf(monitor.change) else f"{monitor.change:.2e} posterior sd"


def not_converged(estimator, monitor):
    """Advice where no iterations were left."""
    return (
        f"{type(estimator).__name__} did not converge in max_iter={estimator.max_iter} iterations "
        f"(last change: {movement(monitor)}, tol={estimator.tol}). The bound is still valid, but "
        "increase max_iter, loosen tol or, for a mixture, try fewer components."
    )


def bound_fell(estimator, monitor):
    """Advice where further iterations lowered the bound."""
    return (
        f"{type(estimator).__name__} stopped after {len(monitor.history)} iterations: the next ten "
        f"would have lowered the bound (by {monitor.lost:.2g} nats), which only rounding can do. "
        f"{TOO_FAR_APART}"
    )
