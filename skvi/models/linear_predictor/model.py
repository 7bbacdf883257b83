"""The five verbs of a linear predictor with a Gaussian posterior of the weights."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skvi.inference.summary import total
from skvi.models.linear_predictor.design import rows_of
from skvi.models.linear_predictor.integrated import integrated_density
from skvi.models.linear_predictor.mixture_prior import with_mixture
from skvi.models.linear_predictor.prior import Facts, resolve, units_of, weights_form
from skvi.models.linear_predictor.site import Site, expected_value
from skvi.models.linear_predictor.solve import anchored, divergence_terms, noise_precision, solve
from skvi.models.linear_predictor.start import starting_site
from skvi.models.linear_predictor.wide import CoordinatePrior, reduced, suits_basis
from skvi.numerics.column_moments import column_moments

__all__ = ["LinearPredictorModel"]

_VALUES = 100_000  # of rows at a time: they stay in the cache


class LinearPredictorModel:
    """A likelihood of ``eta = A w`` with Gaussian weights.

    The target of a row is ``block.y``: the columns of the likelihood, and one of offsets of the
    predictor where ``has_offset``.

    Parameters
    ----------
    likelihood : Likelihood
    prior : Ridge, Normal, Flat or ScaleMixturePrior
        Of the weights.
    fit_intercept : bool, default=True
    n_features : int
    has_offset : bool, default=False
    columns_of : list of ndarray or None, default=None
        The features that each predictor depends on; None: all.
    target_location, target_unit : float, default=0.0, 1.0
        What targets that have a unit were shifted and divided by; the bound is that without.
    offset_location : float, default=0.0
        What was subtracted from offsets; intercepts add it.
    """

    rereads_rows = True
    guaranteed = False
    diagonal = False
    blockwise = False
    names = None

    def __init__(
        self,
        likelihood,
        prior,
        fit_intercept=True,
        *,
        n_features,
        has_offset=False,
        columns_of=None,
        target_location=0.0,
        target_unit=1.0,
        offset_location=0.0,
    ):
        self.likelihood = likelihood
        self.weights_prior = prior
        self.fit_intercept = bool(fit_intercept)
        self.n_features = n_features
        self.n_targets = 1
        self.has_offset = has_offset
        self.target_location, self.target_unit = float(target_location), float(target_unit)
        self.offset_location = float(offset_location)
        self.basis = self.whole_prior = None
        self.centred = self.fit_intercept or likelihood.own_intercept
        self._chooses, self._mixed = columns_of is not None, hasattr(prior, "scale_mixture")
        everything = [np.arange(n_features)] * likelihood.n_predictors
        self.columns_of = everything if columns_of is None else columns_of

    def facts(self, blocks):
        """Facts about the rows for :meth:`prior`."""
        return total(map(self._facts_of, blocks))

    def _facts_of(self, block):
        y, offset = self.split(block.y)
        return Facts(
            column_moments(block.X, block.weights),
            self.likelihood.statistics(y, block.weights),
            np.zeros(()) if offset is None else np.asarray(block.weights @ offset),
        )

    def prior(self, facts):
        """The prior for these facts."""
        parts = self.weights_prior, self.likelihood, facts, self.fit_intercept
        parts = *parts, self.columns_of, self.centred, self.target_unit
        return with_mixture(*parts, self.names) if self._mixed else resolve(*parts)

    def in_own_basis(self, blocks, facts):
        """The same model of rows in the coordinates of their basis, where these are fewer.

        Parameters
        ----------
        blocks : Blocks
        facts : Facts

        Returns
        -------
        model : LinearPredictorModel
        blocks : Blocks
        facts : Facts
        basis : Basis or None
        """
        if self._mixed or self._chooses or self.diagonal or self.blockwise:
            return self, blocks, facts, None
        units, design = units_of(facts, self.fit_intercept, self.centred)
        form = weights_form(self.weights_prior, design, self.target_unit)
        if not suits_basis(blocks, form):
            return self, blocks, facts, None
        self.whole_prior = self.prior(facts)
        table, basis = reduced(blocks, units.centre, form.transform)
        inner = LinearPredictorModel(
            self.likelihood,
            CoordinatePrior(form, self.target_unit),
            self.fit_intercept,
            n_features=table.n_features,
            has_offset=self.has_offset,
            target_location=self.target_location,
            target_unit=self.target_unit,
        )
        return inner, table, inner.facts(table), basis

    def start(self, blocks, rng, prior=None):
        """A site at the predictors of the mean target."""
        return starting_site(self, blocks, prior or self.prior(self.facts(blocks)))

    @np.errstate(over="ignore", invalid="ignore")  # a step too far is rejected for its bound
    def summarize(self, block, posterior, spread=None):
        """The site of one block: it touches the expected log likelihood at the posterior.

        For the first, ``spread`` is added to variances and curvatures are their positive parts.
        """
        n_rows = block.X.shape[0]
        step = n_rows if sparse.issparse(block.X) else _rows_at_a_time(self.n_features)
        parts = []
        for low in range(0, n_rows, step):
            part = slice(low, low + step)
            parts.append(
                self._sums(block.X[part], block.y[part], block.weights[part], posterior, spread)
            )
        value, linear, precision, slope, curvature = (sum(p) for p in zip(*parts, strict=True))
        parameters = posterior.parameters
        parameter_linear = slope + curvature @ parameters
        site = Site(np.zeros(()), linear, precision, parameter_linear, curvature)
        constant = value - expected_value(site, posterior.mean, posterior.root, parameters)
        return site._replace(constant=np.asarray(constant))

    def update(self, prior, summary, posterior=None):
        """The posterior at which the site and the prior balance."""
        return solve(prior, summary, self.likelihood, posterior)

    def anchored(self, prior, posterior, summary):
        """A summary of which small blends lead a small way from the posterior."""
        return anchored(prior, summary, self.likelihood, posterior)

    @np.errstate(over="ignore", invalid="ignore")
    def bound(self, prior, posterior, summary):
        """The evidence lower bound where the site was made; elsewhere what the site makes of it."""
        noise = noise_precision(prior, self.likelihood, posterior.parameters)
        parameters = posterior.parameters
        value = expected_value(summary, posterior.mean, posterior.root, parameters)
        return {
            "expected_log_likelihood": value,
            **divergence_terms(prior, posterior, noise),
        }

    def location(self, posterior):
        """Means and standard deviations of the weights."""
        return posterior.mean, posterior.sds()

    def named(self, parameters):
        """Hyper-parameters of the likelihood under their names, in the units of the target."""
        named = self.likelihood.named(parameters)
        if "scale" in named:
            named["scale"] = self.target_unit * named["scale"]
        if "cut_points" in named:
            named["cut_points"] = named["cut_points"] + self.offset_location
        return named

    def split(self, y):
        """Columns of the likelihood, and offsets (or None)."""
        return (y[:, :-1], y[:, -1]) if self.has_offset else (y, None)

    def moments(self, X, offset, posterior):
        """Normal distribution of the predictors of some rows.

        Parameters
        ----------
        X : ndarray or CSR array of shape (n_rows, n_features)
        offset : ndarray of shape (n_rows,) or None
        posterior : Posterior

        Returns
        -------
        rows : Rows
        mean : ndarray of shape (n_rows,) or (n_rows, n_predictors)
        variance : ndarray of shape (n_rows,) or (n_rows, n_predictors, n_predictors)
        """
        outside, basis = None, posterior.units.basis
        if basis is not None:
            wide, X = X, basis.coordinates(X)
            outside = posterior.scale.variance * basis.outside(wide, X)
        rows = rows_of(X, posterior.units, posterior.n_predictors)
        mean = rows.predictors(posterior.flat_mean(), posterior.n_predictors)
        variance = rows.variances(posterior.flat_root(), posterior.n_predictors)
        if outside is not None:
            identity = np.eye(posterior.n_predictors)
            variance = variance + (outside[:, None, None] * identity).reshape(variance.shape)
        if posterior.n_predictors == 1:
            mean = mean[:, 0] if offset is None else mean[:, 0] + offset
        return rows, mean, variance

    def _sums(self, X, y, weights, posterior, spread):
        """Sums over some rows: value, linear, precision, slope and curvature of parameters."""
        y, offset = self.split(y)
        rows, mean, variance = self.moments(X, offset, posterior)
        parameters = posterior.parameters
        if spread is not None:
            variance = variance + spread * np.eye(posterior.n_predictors).squeeze()
        value, slope, curvature = self.likelihood.expectations(y, mean, variance, parameters)
        if spread is not None:
            curvature = _not_flat(_positive_part(curvature), weights)
        value = value - np.log(self.target_unit)
        inner = mean if offset is None else mean - offset
        scaled = weights.reshape(-1, *(1,) * (curvature.ndim - 1))
        slope = slope * weights.reshape(-1, *(1,) * (slope.ndim - 1))
        products = self._products(rows, slope, curvature * scaled, inner, posterior)
        sums = [weights @ value, *products]
        if not len(parameters):
            return (*sums, np.zeros(0), np.zeros((0, 0)))
        moments = y, mean, variance, parameters, weights
        return (*sums, *self.likelihood.parameter_slopes(*moments))

    def root_shape(self, n_weights):
        """Shape of the root of the posterior covariance."""
        if self.blockwise:
            n_predictors = self.likelihood.n_predictors
            return n_predictors, n_weights // n_predictors, n_weights // n_predictors
        return (n_weights,) if self.diagonal else (n_weights, n_weights)

    def prior_precision(self, prior, posterior):
        """What the scaled part of the prior precision is multiplied by."""
        noise = noise_precision(prior, self.likelihood, posterior.parameters)
        return posterior.scale.precision * noise if prior.n_scaled else 0.0

    def _products(self, rows, slope, curvature, inner, posterior):
        """Linear part and precision of the site of some rows."""
        if posterior.n_predictors == 1:
            pull = (slope + curvature * inner)[:, None]
        else:
            pull = slope + np.einsum("nde,ne->nd", curvature, inner)
        linear, square = rows.back(pull), rows.gram(curvature)
        if posterior.is_whole:
            return linear, square
        return linear[posterior.active], square[np.ix_(posterior.active, posterior.active)]

    def predictive_log_density(self, y, mean, variance, parameters):
        """Log densities of targets whose predictors are normal, in the units of the target.

        Parameters
        ----------
        y : ndarray of shape (n, n_columns)
        mean, variance, parameters
            As a likelihood takes them.

        Returns
        -------
        ndarray of shape (n,)
        """
        return integrated_density(self.likelihood, y, mean, variance, parameters) - np.log(
            self.target_unit
        )


def _rows_at_a_time(n_features):
    return min(max(_VALUES // max(n_features, 1), 256), 4096)


def _positive_part(curvature):
    """Nearest matrices, or numbers, with no negative eigenvalue."""
    if curvature.ndim == 1:
        return np.maximum(curvature, 0.0)
    values, vectors = np.linalg.eigh(curvature)
    return (vectors * np.maximum(values, 0.0)[:, None, :]) @ vectors.swapaxes(1, 2)


def _not_flat(curvature, weights):
    """Curvatures of at least their mean: where a row is flat here, it is not further away."""
    mean = np.tensordot(weights, curvature, 1) / weights.sum()
    if curvature.ndim == 1:
        return np.maximum(curvature, mean)
    return mean + _positive_part(curvature - mean)
