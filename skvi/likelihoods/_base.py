"""What a likelihood of a linear predictor is.

A likelihood says how a target ``y`` depends on a predictor ``eta``; nothing in it knows where the
predictor comes from. Its first duty is the expected log density under ``eta ~ N(m, v)``, with its
slope in ``m`` and its curvature ``-2 d/dv``: :meth:`Likelihood.expectations`. From these three
numbers per row a Gaussian posterior of any linear predictor follows.

Free hyper-parameters (a noise, a dispersion, cut-points) are a short vector without bounds, most
of them logarithms.
"""

from __future__ import annotations

import numpy as np
from sklearn.base import BaseEstimator

__all__ = ["Likelihood", "LikelihoodError", "Targets", "check_option"]

_STEP, _BEND = 1e-4, 1e-3  # of a hyper-parameter, in first and in second differences


class LikelihoodError(ValueError):
    """A target or an argument of a likelihood that is not allowed."""


class Targets:
    """What targets may hold: checks that name the value and what is allowed."""

    @staticmethod
    def counts(values, name="y"):
        """Raise an error unless all values are whole numbers of at least zero."""
        bad = (values < 0.0) | (values != np.floor(values))
        if np.any(bad):
            raise LikelihoodError(
                f"{name} holds {values[bad][0]:g}; expected counts: whole numbers of at least 0."
            )

    @staticmethod
    def positive(y):
        """Raise an error unless all values are positive."""
        if np.any(y <= 0.0):
            raise LikelihoodError(f"y holds {y.min():g}; expected positive numbers.")

    @staticmethod
    def not_negative(y):
        """Raise an error unless all values are at least zero."""
        if np.any(y < 0.0):
            raise LikelihoodError(f"y holds {y.min():g}; expected numbers of at least 0.")

    @staticmethod
    def not_all_zero(likelihood, total):
        """Raise an error if all targets are zero: nothing tells a dispersion then."""
        if not total > 0.0:
            name = type(likelihood).__name__
            raise LikelihoodError(
                f"y holds nothing but 0, which tells nothing of the dispersion of {name}(); give "
                f"{name}(dispersion=...), or use Poisson()."
            )


class Likelihood(BaseEstimator):
    """A likelihood: arguments that are only stored, and functions of arrays.

    Targets come as ``y`` of shape (n, n_columns), what :meth:`columns` makes of them. Predictors
    are of shape (n,) where ``n_predictors`` is one, and (n, n_predictors) otherwise; variances
    and curvatures are then matrices, of shape (n, n_predictors, n_predictors).

    Attributes
    ----------
    in_units_of_target : bool
        Whether the predictor is in units of ``y``, which is then standardised before it comes here.
    exposure : {None, "offset", "trials"}
        What an exposure does: nothing, shift the predictor by its logarithm, or count trials.
    discrete : bool
        Whether ``y`` has probabilities rather than densities.
    positive_only : bool
        Whether no ``y`` below zero is allowed.
    ratio : str or None
        What the exponential of a coefficient is, such as "odds ratio".
    own_intercept : bool
        Whether hyper-parameters do what an intercept would: the first of them moves with it.
    reach : float
        How far a learned hyper-parameter may get from where it starts. Where rows are met exactly
        no noise is small enough: it ends where it can still be reckoned with.
    sharpest : tuple of (str, int) or None
        The hyper-parameter, the first where it is learned, that goes to an end of its reach where
        rows are met exactly, and -1 or 1: to which.
    starting_variance : float
        Of the predictors before anything is known of them: zero where curvatures tell of slopes
        further away.
    n_target_columns : int
        Columns that a target has as users give it.
    """

    in_units_of_target = False
    exposure = None
    discrete = False
    positive_only = False
    ratio = None
    own_intercept = False
    reach = np.inf
    sharpest = None
    starting_variance = 0.0
    n_target_columns = 1

    @property
    def n_predictors(self):
        """Number of predictors of a row."""
        return 1

    @property
    def learned(self):
        """Names of the arguments that are learned: those that are None, in order."""
        return [name for name, value in self.get_params(deep=False).items() if value is None]

    def check(self):
        """Raise a :class:`LikelihoodError` where an argument is not allowed."""

    def columns(self, y, exposure=None):
        """Targets as all other methods take them.

        Parameters
        ----------
        y : ndarray of shape (n, n_target_columns)
            As users give them; finite.
        exposure : ndarray of shape (n,), default=None
            Only where the class says what it does with "trials".

        Returns
        -------
        ndarray of shape (n, n_columns)
            With what depends on ``y`` alone worked out.

        Raises
        ------
        LikelihoodError
            If a value is out of range.
        """
        return y

    def statistics(self, y, weights):
        """What :meth:`begin` needs to know of the targets: adds over rows.

        Parameters
        ----------
        y : ndarray of shape (n, n_columns)
        weights : ndarray of shape (n,)

        Returns
        -------
        ndarray of shape (n_statistics,)
        """
        first = y[:, 0]
        return np.array([weights.sum(), weights @ first, weights @ first**2])

    def begin(self, statistics):
        """Predictor of the mean target, and hyper-parameters to start from.

        Parameters
        ----------
        statistics : ndarray of shape (n_statistics,)

        Returns
        -------
        predictor : ndarray of shape (n_predictors,)
        parameters : ndarray of shape (n_parameters,)
        """
        raise NotImplementedError

    def log_density(self, y, eta, parameters):
        """Log density of each target at its predictor, every constant kept.

        Parameters
        ----------
        y : ndarray of shape (n, n_columns)
        eta : ndarray of shape (n,) or (n, n_predictors)
        parameters : ndarray of shape (n_parameters,)

        Returns
        -------
        ndarray of shape (n,)
        """
        raise NotImplementedError

    def expectations(self, y, mean, variance, parameters):
        """Expected log density under a normal predictor, its slope and its curvature.

        Parameters
        ----------
        y : ndarray of shape (n, n_columns)
        mean : ndarray of shape (n,) or (n, n_predictors)
        variance : ndarray of shape (n,) or (n, n_predictors, n_predictors)
        parameters : ndarray of shape (n_parameters,)

        Returns
        -------
        value : ndarray of shape (n,)
        slope : ndarray of the shape of ``mean``
            Derivative in the mean.
        curvature : ndarray of the shape of ``variance``
            Minus the expected second derivative; minus twice the derivative in the variance.
        """
        raise NotImplementedError

    def log_marginal(self, y, mean, variance, parameters):
        """Log density with the normal predictor integrated out, where that is known.

        Parameters
        ----------
        y, mean, variance, parameters
            As in :meth:`expectations`.

        Returns
        -------
        ndarray of shape (n,), or None
            None: by quadrature of :meth:`log_density`.
        """

    def parameter_slopes(self, y, mean, variance, parameters, weights):
        """Slope and curvature of the weighted sum of expectations in the hyper-parameters.

        Parameters
        ----------
        y, mean, variance, parameters
            As in :meth:`expectations`.
        weights : ndarray of shape (n,)

        Returns
        -------
        slope : ndarray of shape (n_parameters,)
        curvature : ndarray of shape (n_parameters, n_parameters)
            Minus the second derivative; that of differences, unless a class knows better.
        """

        def value(*steps):
            moved = parameters + sum(steps, np.zeros(len(parameters)))
            return self.expectations(y, mean, variance, moved)[0]

        steps, units = (size * np.eye(len(parameters)) for size in (_STEP, _BEND))
        slope = np.array([weights @ (value(step) - value(-step)) for step in steps])
        here = value()
        ahead, behind = [value(unit) for unit in units], [value(-unit) for unit in units]
        pairs = zip(ahead, behind, strict=True)
        curvature = np.diag([-(weights @ (a - 2.0 * here + b)) for a, b in pairs])
        for i, j in zip(*np.tril_indices(len(parameters), -1), strict=True):
            both = value(units[i], units[j]) - ahead[i] - ahead[j] + here
            back = value(-units[i], -units[j]) - behind[i] - behind[j] + here
            curvature[i, j] = curvature[j, i] = -0.5 * (weights @ (both + back))
        return slope / (2.0 * _STEP), curvature / _BEND**2

    def conditional(self, eta, parameters):
        """Distribution of targets with given predictors.

        Parameters
        ----------
        eta : ndarray of shape (..., n) or (..., n, n_predictors)
        parameters : ndarray of shape (n_parameters,)

        Returns
        -------
        frozen distribution
            With scipy's names: ``mean``, ``var``, ``pmf`` or ``pdf``, ``cdf`` and ``rvs``.
        """
        raise NotImplementedError

    def named(self, parameters):
        """Hyper-parameters under their names, in their own units.

        Parameters
        ----------
        parameters : ndarray of shape (n_parameters,)

        Returns
        -------
        dict of str to float or ndarray
        """
        return {}


def check_option(likelihood, name, allowed, is_allowed):
    """Value of an argument; raises an error that says what is allowed where it is not."""
    value = getattr(likelihood, name)
    number = not isinstance(value, bool) and isinstance(value, (int, float, np.number))
    if not number or not np.isfinite(value) or not is_allowed(value):
        kind = type(likelihood).__name__
        raise LikelihoodError(f"{kind}: {name} must be {allowed}, got {value!r}.")
    return float(value)
