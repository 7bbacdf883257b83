"""Linear regression with Gaussian noise whose weights have scales of their own.

    y_i ~ N(intercept + x_i'w, sigma^2),   w_j ~ N(0, sigma^2 unit_j^2 sd_k(j)^2)

The rows are read once, into the summary of :mod:`skvi.models.linear_regression`: joint moments, or
a square root of the scatter where rows are fewer than columns or squares would lose digits.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skvi.models.linear_regression.model import LinearRegressionModel
from skvi.models.linear_regression.prior import INTERCEPT_PRECISION, facts_of, resolve_noise
from skvi.models.shrinkage.coordinate import coordinate_sweep
from skvi.models.shrinkage.gaussian import Problem, gaussian_sweep
from skvi.models.shrinkage.quadratic import quadratic_of
from skvi.models.shrinkage.starts import distinct, starting_factors

__all__ = ["ShrinkagePrior", "ShrinkageRegressionModel", "chosen_family"]

_SQUARABLE = 1e-8
_TINY_PRECISION = 1e-6  # of the squares of a column: next to no shrinkage
_MOST_WEIGHTS = 2000
_OF_ROWS = 1e-2


class ShrinkagePrior(NamedTuple):
    """The resolved prior.

    Attributes
    ----------
    mixture : ScaleMixture
        Of the weights.
    noise : tuple of prior objects, one per target
    """

    mixture: Any
    noise: tuple


class ShrinkagePosterior(NamedTuple):
    """Factors of every start that is still in the running; one in the gaussian family.

    Attributes
    ----------
    problem : Problem
    members : tuple of GaussianFactors or CoordinateFactors
        The one with the largest bound first.
    """

    problem: Problem
    members: tuple

    @property
    def best(self):
        """Factors with the largest bound."""
        return self.members[0]


class ShrinkageRegressionModel(LinearRegressionModel):
    """The five verbs, for one target.

    Parameters
    ----------
    prior : ScaleMixturePrior
        Of the weights.
    noise_prior : Gamma, HalfCauchy, HalfStudentT, Flat or None, default=None
        Prior of the noise; None is scaled with the data.
    family : {"auto", "gaussian", "coordinate"}, default="auto"
    fit_intercept : bool, default=True
    n_features : int
    names : tuple of str or None, default=None
        Of the columns.
    square_root : bool, default=False
    float32_rows : float, default=0.0

    Attributes
    ----------
    refreshed : Refreshed or None
        Draws that stand in for the factors.
    """

    def __init__(
        self,
        prior,
        noise_prior=None,
        family="auto",
        fit_intercept=True,
        *,
        n_features,
        names=None,
        square_root=False,
        float32_rows=0.0,
    ):
        super().__init__(
            prior,
            noise_prior,
            family,
            fit_intercept,
            n_features=n_features,
            square_root=square_root,
            float32_rows=float32_rows,
        )
        self.wanted, self.names = family, names
        self.refreshed = self._shown = None

    def facts(self, summary):
        """Facts about the data for :meth:`prior`, from a summary of all rows."""
        facts = facts_of(summary, self.n_features, self.fit_intercept)
        design = facts.design._replace(weight=facts.weight, names=self.names)
        return facts._replace(design=design)

    def prior(self, facts):
        """The prior for these facts."""
        mixture = self.weights_prior.scale_mixture(facts.design)
        self.family = chosen_family(self.wanted, mixture, facts.weight, self.n_features)
        if self.family == "coordinate" and self.noise_prior is not None:
            raise ValueError(
                f"noise_prior={self.noise_prior!r} is not allowed with family='coordinate', whose "
                "noise is the one with the largest bound; use None."
            )
        return ShrinkagePrior(mixture, resolve_noise(self.noise_prior, facts, shrunk=True))

    def problem(self, prior, summary):
        """What the factors are to be fitted to."""
        if self._last is None or self._last[0] is not summary or self._last[1] is not prior:
            self._last = summary, prior, self._problem(prior, summary)
        return self._last[2]

    def shown(self, state, name, make):
        """What ``make(model, state)`` gives, kept under a name until another state is asked for."""
        if self._shown is None or self._shown[0] is not state:
            self._shown = state, {}
        known = self._shown[1]
        if name not in known:
            known[name] = make(self, state)
        return known[name]

    def __getstate__(self):
        # what can be worked out again is not stored
        return vars(self) | {"_last": None, "_shown": None}

    def _problem(self, prior, summary):
        unit, weight = prior.mixture.unit, float(summary.weight)
        quadratic, y_scale = quadratic_of(summary, unit, self.fit_intercept)
        if self.family == "coordinate" and quadratic.by_rows:
            quadratic = quadratic.with_lines()
        log_scale = float(np.log(y_scale))
        constant = -0.5 * weight * np.log(2.0 * np.pi) - weight * log_scale
        if self.fit_intercept:
            constant -= 0.5 * np.log1p(weight / INTERCEPT_PRECISION)
        return Problem(quadratic, prior.mixture, prior.noise[0], log_scale, weight, constant)

    def needs_square_root(self, prior, summary):
        """Whether squares have lost digits of what the weights leave of the target."""
        quadratic = self.problem(prior, summary).quadratic
        precision = _TINY_PRECISION * np.maximum(quadratic.squares, 1e-300)
        try:
            left = quadratic.explained(precision)
        except np.linalg.LinAlgError:
            return True
        return bool(left < _SQUARABLE * quadratic.total)

    def update(self, prior, summary, posterior=None):
        """The posterior after one more sweep over all factors, or the first."""
        problem = self.problem(prior, summary)
        if self.family == "gaussian":
            factors = None if posterior is None else posterior.best
            return ShrinkagePosterior(problem, (gaussian_sweep(problem, factors),))
        members = starting_factors(problem) if posterior is None else posterior.members
        members = distinct([coordinate_sweep(problem, member) for member in members])
        return ShrinkagePosterior(problem, members)

    def bound(self, prior, posterior, summary):
        """The evidence lower bound, term by term."""
        return posterior.best.terms

    def location(self, posterior):
        """Means and standard deviations of the weights, in their unit.

        What is all but zero counts for no more than a tenth of what the rows alone can tell.
        """
        best = posterior.best
        squares = np.maximum(posterior.problem.quadratic.squares, 1e-300)
        if self.family == "gaussian":
            noise = 1.0 / best.noise.precision
            variance = best.conditional.variance + _OF_ROWS / squares
            return best.conditional.mean, np.sqrt(noise * variance)
        return best.mean, np.sqrt(best.noise_variance / squares)


def chosen_family(family, mixture, n_rows, n_features):
    """The family that "auto" stands for.

    "gaussian" where weights share scales, or there are at least as many rows as columns and these
    are at most 2000; otherwise "coordinate". With more columns than rows a normal factor of all
    weights, cut from their scales, leaves too little noise.
    """
    if family == "gaussian" and mixture.has_spike:
        raise ValueError(
            "family='gaussian' is not allowed with a prior under which a coefficient can be zero; "
            "use 'coordinate'."
        )
    if family == "coordinate" and mixture.groups is not None:
        raise ValueError(
            "family='coordinate' is not allowed with a prior under which coefficients share "
            "scales; use 'gaussian'."
        )
    if family != "auto":
        return family
    if mixture.groups is not None:
        return "gaussian"
    dense = not mixture.has_spike and n_features <= min(n_rows, _MOST_WEIGHTS)
    return "gaussian" if dense else "coordinate"
