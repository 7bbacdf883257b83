"""Gaussian mixtures: the five verbs.

    pi ~ Dirichlet or sticks,    z_i ~ Cat(pi),    x_i | z_i = k ~ N(mu_k, Lambda_k^-1)
    q = q(z) q(pi) prod_k q(mu_k, Lambda_k)

    log r_ik = E log pi_k + E log N(x_i | k) + constant,    N_k = sum_i w_i r_ik
    q(pi), q(mu_k, Lambda_k): conjugate, from N_k, the means and the scatters under r
    bound = sum_k [log Z(posterior) - log Z(prior)] + the same of the weights - sum_i w_i r log r
            - n D / 2 log 2 pi

right after an update (Bishop, 2006, section 10.2; Blei and Jordan, 2006). A row of weight two
stands twice. Nothing is added for the K! labellings of the same mixture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.inference.summary import total
from skvi.models.gaussian_mixture import ensemble, moves, start, weights
from skvi.models.gaussian_mixture.components import STRUCTURES, Components
from skvi.models.gaussian_mixture.kernels import (
    Logits,
    TiedMoments,
    expectation_statistics,
    prepare,
    row_moments,
)
from skvi.models.gaussian_mixture.refine import VARIANTS
from skvi.models.gaussian_mixture.units import in_units, moments_from_units, rows_in_units
from skvi.models.gaussian_mixture.weights import Weights
from skvi.priors.dirichlet import Dirichlet
from skvi.priors.normal_wishart import NormalWishart

__all__ = ["GaussianMixtureModel", "MixturePosterior", "MixturePrior"]

_LOG_TWO_PI = np.log(2.0 * np.pi)
_MOST_MERGED = 64


class MixturePrior(NamedTuple):
    """Prior of all parameters.

    Attributes
    ----------
    components : Components
    weights : Weights
    center : ndarray of shape (D,)
        Mean of the rows, about which the kernels take sums.
    """

    components: Components
    weights: Weights
    center: np.ndarray


class MixturePosterior(NamedTuple):
    """Posterior of all parameters, and what the kernels need of it.

    Attributes
    ----------
    components : Components
    weights : Weights
    logits : Logits
    center : ndarray of shape (D,)
    units : float or ndarray of shape (D,) or None
        Of rows, logits and centre in the kernels: see :mod:`.units`.
    """

    components: Components
    weights: Weights
    logits: Logits
    center: np.ndarray
    units: float | np.ndarray | None


class GaussianMixtureModel:
    """Mixture of Gaussians under conjugate priors.

    Parameters
    ----------
    n_components : int
        Number of components, or the truncation of a stick-breaking prior.
    n_features : int
        Number of columns.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
    component_prior : NormalWishart, default=None
        None: its defaults.
    weight_prior : Dirichlet, DirichletProcess or PitmanYor, default=None
        None: ``Dirichlet()``.
    """

    def __init__(
        self,
        n_components,
        n_features,
        covariance_type="full",
        component_prior=None,
        weight_prior=None,
    ):
        # The responsibilities of a single component never change.
        self.rereads_rows = n_components > 1
        self.n_components = n_components
        self.n_features = n_features
        self.covariance_type = covariance_type
        self.component_prior = NormalWishart() if component_prior is None else component_prior
        self.weight_prior = Dirichlet() if weight_prior is None else weight_prior

    def facts(self, blocks):
        """Weight, mean and scatter of all rows, in one pass: what ``prior`` asks for.

        Returns
        -------
        Moments
            The scatter is full for full and tied covariances, and a diagonal otherwise.
        """
        structure = "full" if self._has_matrices else "diag"
        moments = total(row_moments(block.X, block.weights, structure) for block in blocks)
        return type(moments)(*(field[0] for field in moments))

    def prior(self, facts):
        """Prior of the components and of the weights, with defaults from ``facts``."""
        distribution = self.component_prior.component_distribution(
            facts, self.covariance_type, self.n_components
        )
        components = self.structure.initial(distribution, self.n_components)
        sticks = self.weight_prior.weight_distribution(self.n_components)
        return MixturePrior(components, weights.describe(sticks), facts.mean)

    def start(self, blocks, rng, variant=0):
        """Summary under a hard assignment of the rows.

        Where there are many rows it is that of a sample, with the weight of all of them.

        Parameters
        ----------
        blocks : Blocks
        rng : numpy.random.RandomState
        variant : int, default=0
            Modulo three: rows go to the nearest k-means++ seed; Lloyd steps follow, in a metric
            learned from the partition (see ``refine.py``); or these find two or three times as
            many clusters, which are merged (see ``agglomerate.py``). Two components take seeds
            again in place of the second: their bounds are as good, and the steps cost more.
        """
        if self.n_components == 1:
            return total(start.whole_statistics(block, self.covariance_type) for block in blocks)
        sample = self.subsample(blocks, rng)
        kind = VARIANTS[variant % len(VARIANTS)]
        if kind == "learned metric" and self.n_components == 2:
            kind = "seeds"
        if kind == "merged clusters" and self.n_components > _MOST_MERGED:
            kind = "fixed metric"
        if kind == "merged clusters":
            facts = start.sample_facts(sample, self.covariance_type)
            prior = self.component_prior.component_distribution(
                facts, self.covariance_type, self.n_components
            )
            times = 2 + variant // len(VARIANTS) % 2
            return start.merged_statistics(
                sample, rng, self.n_components, self.covariance_type, prior, times
            )
        return start.partition_statistics(
            sample, rng, self.n_components, self.covariance_type, kind
        )

    def subsample(self, blocks, rng):
        """Distinct rows enough to compare starts on, with the weight of all rows.

        See :func:`skvi.models.gaussian_mixture.start.subsample`.
        """
        return start.subsample(blocks, rng, self.n_components)

    def climb(self, prior, rows, summaries, laps):
        """Several mixtures after some laps: :func:`ensemble.climbed`."""
        return ensemble.climbed(self, prior, rows, summaries, laps)

    def cheap_laps(self, rows):
        """How many laps cost next to nothing: :func:`ensemble.cheap_laps`."""
        return ensemble.cheap_laps(self, rows)

    def moves(self, prior, summary):
        """Merges and splits to try on a mixture: :func:`moves.proposals`."""
        return moves.proposals(self, prior, summary)

    def prepare(self, posterior):
        """Work out what ``summarize`` needs of a posterior."""
        prepare(posterior.logits, posterior.center, self.covariance_type)

    def summarize(self, block, posterior):
        """Statistics of a block under its responsibilities, to be added up by ``total``."""
        return self.statistics(block, posterior.logits, posterior.center, posterior.units)

    def statistics(self, block, logits, center, units):
        """The same, from what the kernels need of a posterior."""
        X = rows_in_units(block.X, units)
        statistics = expectation_statistics(X, block.weights, logits, center, self.covariance_type)
        if units is None:
            return statistics
        statistics = statistics.settled()
        moments = moments_from_units(statistics.moments, units, self.covariance_type)
        return statistics._replace(moments=moments)

    def update(self, prior, summary, posterior=None):
        """Conjugate update of all factors.

        Raises
        ------
        numpy.linalg.LinAlgError
            If the summary is that of no rows at all (an extrapolation gone too far).
        """
        moments = _occupied(summary.moments)
        components = self.structure.updated(prior.components, moments)
        sticks = weights.updated(prior.weights, summary.moments.weight)
        logits = self.logits(components, sticks.expected_log)
        view = in_units(logits, prior.center, self.covariance_type)
        return MixturePosterior(components, sticks, *view)

    def bound(self, prior, posterior, summary):
        """Evidence lower bound right after ``update``."""
        counts = summary.moments.weight
        likelihood = self._expected_log_likelihood(posterior.components, summary.moments)
        components = _gain(prior.components, posterior.components)
        components -= 0.5 * self.n_features * _LOG_TWO_PI * float(counts.sum())
        assignment = float(counts @ posterior.weights.expected_log)
        return {
            "expected_log_likelihood": likelihood,
            "expected_log_assignment": assignment,
            "entropy": float(summary.entropy),
            "weights": _gain(prior.weights, posterior.weights) - assignment,
            "components": components - likelihood,
        }

    def location(self, posterior):
        """Means of the components and their weights, with posterior standard deviations."""
        mean, spread = self.structure.location(posterior.components)
        share = weights.expected_weights(posterior.weights)
        strength = 1.0 + sum(field.sum() for field in posterior.weights.distribution)
        share_spread = np.sqrt(np.maximum(share * (1.0 - share), 1e-12) / strength)
        where, width = (mean.ravel(), share), (spread.ravel(), share_spread)
        return np.concatenate(where), np.concatenate(width)

    def logits(self, components, log_weights):
        """What the kernels need of components and ``E log pi_k``."""
        constant = 0.5 * (components.log_determinant - components.mean_spread)
        constant += log_weights - 0.5 * self.n_features * _LOG_TWO_PI
        return Logits(constant, components.distribution.mean, components.factor)

    def ordered(self, state):
        """The same state with its components in decreasing order of expected weight."""
        share = weights.expected_weights(state.posterior.weights)
        order = np.argsort(-share, kind="stable")
        if (order[1:] > order[:-1]).all():
            return state
        weight, mean, scatter = state.summary.moments
        if self.covariance_type != "tied":
            scatter = scatter[order]
        moments = type(state.summary.moments)(weight[order], mean[order], scatter)
        summary = state.summary._replace(moments=moments)
        return state._replace(posterior=self.update(state.prior, summary), summary=summary)

    @property
    def structure(self):
        """The functions of the covariance structure (see ``components``)."""
        return STRUCTURES[self.covariance_type]

    @property
    def _has_matrices(self):
        return self.covariance_type in ("full", "tied")

    def _expected_log_likelihood(self, components, moments):
        constant = components.log_determinant - components.mean_spread
        constant = constant - self.n_features * _LOG_TWO_PI
        quadratic = self.structure.expected_quadratic(components, moments)
        return 0.5 * (float(moments.weight @ constant) - quadratic)


def _gain(prior, posterior):
    return float((posterior.log_normalizer - prior.log_normalizer).sum())


def _occupied(moments):
    """The moments with components of negative weight emptied (an extrapolation gone too far)."""
    empty = moments.weight < 0.0
    if not empty.any():
        return moments
    scatter = moments.scatter
    if not isinstance(moments, TiedMoments):
        scatter = np.where(empty.reshape(-1, *[1] * (scatter.ndim - 1)), 0.0, scatter)
    return type(moments)(np.where(empty, 0.0, moments.weight), moments.mean, scatter)
