"""Gibbs steps of a linear predictor under any likelihood, weights drawn from normal fits.

A logistic likelihood is normal given Polya-Gamma variables, and steps are exact. Under others the
posterior of the weights given the scales is no normal distribution; what is drawn from is the one
that the natural-gradient step from the last fit leads to: weighted least squares of
``mean + slope / curvature`` with the curvatures as weights, the expectations being those under the
predictors of that fit. It is done in the space of the rows where these are fewer than the columns.
Scales and the common parameter are then drawn exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from skvi.models.shrinkage.blocked_steps import chosen
from skvi.models.shrinkage.quadratic import Gram, Root

__all__ = ["PredictorProblem", "PredictorState", "PredictorSteps"]

_LEAST_CURVATURE = 1e-8


class PredictorProblem(NamedTuple):
    """Rows and priors, weights being measured from their prior means in the units of the mixture.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_weights)
    offset : ndarray of shape (n_rows,)
        Predictors at the prior means.
    expectations : callable
        ``expectations(mean, variance)`` gives slopes and curvatures of the rows.
    augmentation : callable or None
        Where the likelihood is normal given a variable of its own: ``augmentation(predictor, rng)``
        draws that and gives the normal's target and precision for the predictors.
    weights : ndarray of shape (n_rows,)
        Of the rows.
    fixed : ndarray of shape (n_weights,)
        Prior precisions of weights without scales; zero for the others.
    features : ndarray of shape (n_features,)
        Which weights have scales.
    mixture : ScaleMixture
    """

    rows: np.ndarray
    offset: np.ndarray
    expectations: object
    augmentation: object
    weights: np.ndarray
    fixed: np.ndarray
    features: np.ndarray
    mixture: object


class PredictorState(NamedTuple):
    """Where a chain is.

    Attributes
    ----------
    drawn : ndarray of shape (n_weights,)
    mean, variance : ndarray of shape (n_weights,)
        Of the normal fit given the scales of the step.
    predictor, spread : ndarray of shape (n_rows,)
        Mean and variance of the predictors under that fit.
    precision : ndarray of shape (n_weights,)
        Prior precisions of the next step.
    common : int
    """

    drawn: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    predictor: np.ndarray
    spread: np.ndarray
    precision: np.ndarray
    common: int


class PredictorSteps(NamedTuple):
    """Steps that draw all weights at once, then all scales, then the common parameter.

    Attributes
    ----------
    problem : PredictorProblem
    rng : RandomState
    """

    problem: PredictorProblem
    rng: np.random.RandomState

    def begin(self, drawn, predictor, spread):
        """State at some weights, with the predictors of some fit."""
        common = int(chosen(self.problem.mixture.log_common[None], self.rng)[0])
        precision, common = self._scales(drawn, common)
        nothing = np.zeros(len(drawn))
        return PredictorState(drawn, drawn, nothing, predictor, spread, precision, common)

    def advance(self, state):
        """State after a step."""
        problem = self.problem
        target, curvature = self._quadratic(state)
        root_weight = np.sqrt(problem.weights * curvature)
        target = target - problem.offset
        conditional, spread = _fit(problem.rows, root_weight, target, state.precision)
        deviate = conditional.deviate(state.precision, self.rng)
        drawn = conditional.mean + deviate
        predictor = problem.offset + problem.rows @ conditional.mean
        scales = self._scales(drawn, state.common)
        return PredictorState(
            drawn, conditional.mean, conditional.variance, predictor, spread, *scales
        )

    def _quadratic(self, state):
        """Targets of the predictors, and their precisions."""
        problem = self.problem
        if problem.augmentation is not None:
            at = problem.offset + problem.rows @ state.drawn
            return problem.augmentation(at, self.rng)
        slope, curvature = problem.expectations(state.predictor, state.spread)
        curvature = np.maximum(curvature, _LEAST_CURVATURE * np.max(np.abs(curvature)) + 1e-300)
        return state.predictor + slope / curvature, curvature

    def _scales(self, drawn, common):
        """Precisions of all weights and the node of the common parameter, drawn in turn."""
        mixture, features = self.problem.mixture, self.problem.features
        squares = mixture.gathered(0.5 * drawn[features] ** 2)
        log_q = mixture.log_weight[common] - mixture.sizes[:, None] * np.log(mixture.sd)
        node = chosen(log_q - squares[:, None] * mixture.sd**-2.0, self.rng)
        counts = np.bincount(node, minlength=len(mixture.sd))
        log_joint = mixture.log_common + mixture.log_weight @ counts
        common = int(chosen(log_joint[None], self.rng)[0])
        precision = self.problem.fixed.copy()
        precision[features] = mixture.spread(mixture.sd[node] ** -2.0)
        return precision, common


def _fit(rows, root_weight, target, precision):
    """Weighted least squares, and the variances of the rows' predictors."""
    weighted, target = rows * root_weight[:, None], target * root_weight
    if len(rows) < rows.shape[1]:
        conditional = Root(weighted, target).given(precision)
        inverse = solve_triangular(conditional.factor, np.eye(len(rows)), lower=True)
        explained = 1.0 - np.einsum("ij,ij->j", inverse, inverse)
        return conditional, np.maximum(explained, 0.0) / np.maximum(root_weight, 1e-150) ** 2
    total = float(target @ target)
    conditional = Gram(weighted.T @ weighted, target @ weighted, total).given(precision)
    if conditional.free is None:
        image = rows @ conditional.root.T
        return conditional, np.einsum("ij,ij->i", image, image)
    held = np.setdiff1d(np.arange(len(precision)), conditional.free)
    image = rows[:, conditional.free] @ conditional.root.T
    spread = np.einsum("ij,ij->i", image, image)
    return conditional, spread + rows[:, held] ** 2 @ conditional.variance[held]
