"""The complete bound of somebody else's responsibilities, under our model and prior."""

from __future__ import annotations

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import evaluate
from skvi.inference.summary import total
from skvi.models.gaussian_mixture.kernels import label_statistics

__all__ = ["rescore"]


def rescore(mixture, X, responsibilities):
    """Complete bound at the best posterior for given responsibilities.

    Parameters
    ----------
    mixture : VariationalGaussianMixture
        Fitted; its model and prior are used.
    X : ndarray of shape (n_samples, n_features)
    responsibilities : ndarray of shape (n_samples, n_components)

    Returns
    -------
    float
        In nats.
    """
    model, prior = mixture._model, mixture._state.prior
    X, low, parts = np.asarray(X), 0, []
    for block in ArrayBlocks(X):
        rows = slice(low, low + len(block.X))
        parts.append(
            label_statistics(
                block.X, block.weights, np.ascontiguousarray(responsibilities[rows]),
                prior.center, mixture.covariance_type, mixture.n_components,
            )
        )  # fmt: skip
        low += len(block.X)
    return evaluate(model, prior, total(parts)).bound
