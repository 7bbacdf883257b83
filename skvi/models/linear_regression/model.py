"""Linear regression with Gaussian noise.

    y_i ~ N(intercept + x_i'w, sigma^2)

with a row of weight two standing twice. ``family="structured"`` is the exact posterior (a mixture
over nodes of the scales; one update), ``family="mean_field"`` the factorised one (one coordinate
sweep per update). The rows are read once: the summary is the joint moments of ``[X, y]``, or a
square root of their scatter where the scatter itself would lose digits.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skvi.inference.summary import total
from skvi.models.linear_regression import mean_field
from skvi.models.linear_regression.bound import TERM_NAMES, structured_terms
from skvi.models.linear_regression.evidence import target_of
from skvi.models.linear_regression.posterior import Posterior, pad
from skvi.models.linear_regression.prior import facts_of, resolve
from skvi.models.linear_regression.rounding import (
    Rounding,
    hides_columns,
    hides_signal,
    is_graded,
    is_safe,
    loses_digits,
)
from skvi.models.linear_regression.spectrum import spectrum_of
from skvi.models.linear_regression.structured import integrate
from skvi.models.linear_regression.unseen import is_beyond_rounding
from skvi.numerics.gram import centred_moments, sparse_centred_moments
from skvi.numerics.quadrature import IntegrationError
from skvi.numerics.square_root import SquareRoot
from skvi.priors._base import PriorError

__all__ = ["LinearRegressionModel", "structured_posterior"]

_SQUARABLE = 1e-9
_NEGLIGIBLE = 1e-10


class LinearRegressionModel:
    """The five verbs of linear regression.

    Parameters
    ----------
    prior : Ridge, Normal or Flat
        Prior of the weights.
    noise_prior : Gamma, HalfCauchy, HalfStudentT, Flat or None, default=None
        Prior of the noise; None is scaled with the data.
    family : {"structured", "mean_field"}, default="structured"
    fit_intercept : bool, default=True
    n_features : int
    n_targets : int, default=1
    square_root : bool, default=False
        Summarise rows by a square root of the scatter: for more columns than rows, and where
        :meth:`needs_square_root` says so.
    float32_rows : float, default=0.0
        How many rows are multiplied in float32: errors of that size are allowed for.
    """

    rereads_rows = False

    def __init__(
        self,
        prior,
        noise_prior=None,
        family="structured",
        fit_intercept=True,
        *,
        n_features,
        n_targets=1,
        square_root=False,
        float32_rows=0.0,
    ):
        self.weights_prior = prior
        self.noise_prior = noise_prior
        self.family = family
        self.fit_intercept = bool(fit_intercept)
        self.n_features = n_features
        self.n_targets = n_targets
        self.square_root = square_root
        self.float32_rows = float32_rows
        self._last = None

    def facts(self, summary):
        """Facts about the data for :meth:`prior`, from a summary of all rows."""
        return facts_of(summary, self.n_features, self.fit_intercept)

    def prior(self, facts):
        """The prior for these facts."""
        return resolve(self.weights_prior, self.noise_prior, facts)

    def start(self, blocks, rng):
        """Summary of all rows."""
        return total(self.summarize(block, None) for block in blocks)

    def summarize(self, block, posterior):
        """Joint moments of ``[X, y]`` over one block, or a square root of their scatter."""
        if self.square_root:
            return SquareRoot.from_rows(block.X, block.y, block.weights)
        if sparse.issparse(block.X):
            return sparse_centred_moments(block.X, block.y, block.weights)
        return centred_moments(block.X, block.y, block.weights)

    def spectrum(self, prior, summary):
        """The factorisation of a summary; that of the last summary is kept."""
        if self._last is None or self._last[0] is not summary or self._last[1] is not prior:
            spectrum = spectrum_of(summary, prior.weights, self.fit_intercept, self.float32_rows)
            self._last = (summary, prior, spectrum)
        return self._last[2]

    def update(self, prior, summary, posterior=None):
        """The posterior (structured), or one coordinate sweep from ``posterior`` (mean field)."""
        spectrum = self.spectrum(prior, summary)
        if prior.weights.precision == 0.0:
            _check_rank(spectrum)
        targets = [
            target_of(spectrum, prior, index, self.fit_intercept) for index in range(self.n_targets)
        ]
        try:
            if self.family == "mean_field":
                posterior = mean_field.sweep(spectrum, prior.weights, targets, posterior)
            else:
                posterior = structured_posterior(
                    spectrum, prior.weights, targets, self.fit_intercept
                )
        except IntegrationError as error:
            raise PriorError(
                self.noise_prior or self.weights_prior,
                f"it contradicts the data by too many orders of magnitude ({error}); choose other "
                "units or another prior.",
            ) from error
        if is_beyond_rounding(posterior):
            raise PriorError(
                self.weights_prior,
                "it is so wide that the last digits of columns that depend on each other decide "
                f"(X has {spectrum.n_features} columns and rank {spectrum.basis.rank}); choose a "
                "narrower one, or leave columns out.",
            )
        return posterior

    def bound(self, prior, posterior, summary):
        """The evidence lower bound, term by term, summed over targets."""
        values = posterior.terms.sum(axis=0)
        return dict(zip(TERM_NAMES, values.tolist(), strict=True))

    def location(self, posterior):
        """Means and standard deviations of the weights in the eigenbasis."""
        columns = range(self.n_targets)
        weight = posterior.weight
        means, sds = [], []
        for t in columns:
            locations = posterior.locations(t)
            spread = posterior.coefficient_variance[t] * posterior.inverse_precisions(t)
            mean = locations @ weight[t]
            between = (locations - mean[:, None]) ** 2
            means.append(mean)
            sds.append(np.sqrt((spread + between) @ weight[t]))
        return np.concatenate(means), np.concatenate(sds)

    def needs_square_root(self, prior, summary):
        """Whether the scatter in ``summary`` has lost digits that matter to the posterior.

        If so, read the rows again into a ``SquareRoot`` and update from that.
        """
        spectrum = self.spectrum(prior, summary)
        if spectrum.rounding is None or is_safe(spectrum):
            return False
        if np.any(spectrum.residual < _SQUARABLE * spectrum.total):
            return True
        if prior.weights.precision == 0.0:
            return loses_digits(spectrum, np.zeros(self.n_targets))
        fixed = prior.weights.scaled_by_noise and prior.weights.precision > 0.0
        if not fixed and (
            hides_signal(spectrum) or hides_columns(spectrum, summary, self.fit_intercept)
        ):
            return True
        posterior = self.update(prior, summary)
        matters = posterior.weight > _NEGLIGIBLE
        smallest = np.min(np.where(matters, posterior.precision, np.inf), axis=1)
        return loses_digits(spectrum, smallest)

    def is_graded(self, moments):
        """Whether a square root of the scatter is as good as one of the rows."""
        return is_graded(moments, Rounding.of(self.n_features, self.float32_rows))


def structured_posterior(spectrum, form, targets, fit_intercept):
    """The exact posterior of all targets.

    Parameters
    ----------
    spectrum : Spectrum
    form : GaussianForm
    targets : list of Target
    fit_intercept : bool

    Returns
    -------
    Posterior
    """
    node_sets = [integrate(target, form) for target in targets]
    log_transform = 0.0
    if form.precision == 0.0:
        log_transform = float(np.sum(np.log(spectrum.transform)))
    terms = np.stack(
        [structured_terms(t, n, log_transform) for t, n in zip(targets, node_sets, strict=True)]
    )
    noise_variance = pad([nodes.noise_variance for nodes in node_sets])
    return Posterior(
        spectrum,
        pad([nodes.weight for nodes in node_sets], 0.0),
        pad([nodes.precision for nodes in node_sets]),
        noise_variance,
        noise_variance,
        np.array([[2.0 * nodes.shape] for nodes in node_sets]) * np.ones(noise_variance.shape),
        terms,
        fit_intercept,
    )


def _check_rank(spectrum):
    rank = int(np.sum(spectrum.eigenvalues > 0.0))
    if rank < spectrum.n_features or spectrum.weight <= spectrum.n_features:
        raise ValueError(
            f"prior=Flat() needs more rows than columns and columns of full rank, but X has "
            f"{spectrum.weight:g} rows, {spectrum.n_features} columns and rank {rank}; "
            "use prior=Ridge() or Normal()."
        )
