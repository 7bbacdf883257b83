"""The posterior of a linear regression: Student-t weights at each node of the scales.

Given a node of target ``t`` the coordinates of the weights are independent, with location
``sqrt(d) g / (d + precision)`` and squared scale ``coefficient_variance / (d + precision)``; the
intercept at the mean of the rows has squared scale ``coefficient_variance / (n + kappa)``.
Everything is in scaled units (see :mod:`skvi.models.linear_regression.spectrum`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.linear_regression.spectrum import Spectrum

__all__ = ["Posterior", "pad"]


class Posterior(NamedTuple):
    """Posterior of all targets.

    Attributes
    ----------
    spectrum : Spectrum
    weight : ndarray of shape (n_targets, n_nodes)
        Probabilities of the nodes, zero where padded.
    precision : ndarray of shape (n_targets, n_nodes)
        Prior precision relative to the noise.
    noise_variance : ndarray of shape (n_targets, n_nodes)
        Squared scale of the noise.
    coefficient_variance : ndarray of shape (n_targets, n_nodes)
        Factor of the squared scales of weights and intercept.
    degrees_of_freedom : ndarray of shape (n_targets, n_nodes)
        Shared by weights and noise; inf where both are Gaussian given the node.
    terms : ndarray of shape (n_targets, 4)
        The bound: expected log likelihood, then minus the divergence of weights, noise and scale.
    fit_intercept : bool
    state : tuple
        Factors of a mean-field posterior, one per target; empty for a structured one.
    """

    spectrum: Spectrum
    weight: np.ndarray
    precision: np.ndarray
    noise_variance: np.ndarray
    coefficient_variance: np.ndarray
    degrees_of_freedom: np.ndarray
    terms: np.ndarray
    fit_intercept: bool
    state: tuple = ()

    def locations(self, target):
        """Locations of the coordinates at each node, shape (rank, n_nodes)."""
        d = self.spectrum.eigenvalues[:, None]
        g = self.spectrum.coordinates[:, target, None]
        return np.sqrt(d) * g / (d + self.precision[target])

    def inverse_precisions(self, target):
        """``1 / (d + precision)``, shape (rank, n_nodes)."""
        return 1.0 / (self.spectrum.eigenvalues[:, None] + self.precision[target])


def pad(arrays, value=None):
    """Stack arrays of unequal length, padded with a value, or each with its first entry."""
    if len(arrays) == 1:
        return arrays[0][None]
    width = max(array.shape[0] for array in arrays)
    values = [array[0] if value is None else value for array in arrays]
    return np.stack(
        [np.append(a, np.full(width - a.shape[0], v)) for a, v in zip(arrays, values, strict=True)]
    )
