"""The Gaussian mixture estimator: scikit-learn manners over ``models.gaussian_mixture``."""

from __future__ import annotations

from copy import deepcopy
from numbers import Integral, Real

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import DensityMixin

from skvi._compat import N_JOBS, Interval, StrOptions, _fit_context
from skvi.base import Plan, VariationalEstimator
from skvi.further import check_same
from skvi.inference.monitor import evaluate
from skvi.inference.reading import summarize_all
from skvi.inference.restarts import best_start, candidates_for, rungs_for
from skvi.inference.streaming import absorb
from skvi.mixture._prediction import MixturePredictionMixin
from skvi.models.gaussian_mixture import parameters
from skvi.models.gaussian_mixture.model import GaussianMixtureModel
from skvi.priors import Dirichlet, DirichletProcess, NormalWishart, PitmanYor
from skvi.solvers import CAVI, SVI, Memoized
from skvi.tables import check_moments, check_spread

__all__ = ["VariationalGaussianMixture"]

_WEIGHT_PRIORS = {
    "dirichlet": Dirichlet,
    "dirichlet_process": DirichletProcess,
    "pitman_yor": PitmanYor,
}
_KEPT = "n_components", "covariance_type", "component_prior", "weight_prior"


class VariationalGaussianMixture(MixturePredictionMixin, DensityMixin, VariationalEstimator):
    """Gaussian mixture with a complete evidence lower bound and exact predictive densities.

    Variational inference with one conjugate factor per component. ``elbo_`` keeps every constant,
    so it can be compared over numbers of components, priors and covariance types, and does not
    depend on units beyond the Jacobian. See the user guide for the model and its updates.

    Parameters
    ----------
    n_components : int, default=1
        Number of components; the truncation where the weight prior is a process.
    covariance_type : {"full", "tied", "diag", "spherical"}, default="full"
        Shape of the component covariances, each with its own exact conjugate family.
    prior : NormalWishart, default=None
        Prior of means and covariances; None means ``NormalWishart()``, scaled with the data.
    weight_prior : {"dirichlet", "dirichlet_process", "pitman_yor"} or prior object, \
            default="dirichlet_process"
        Prior of the weights.
    solver : {"auto", "cavi", "svi", "memoized"} or solver object, default="auto"
        How to fit; "auto" is coordinate ascent (:class:`skvi.CAVI`).
    n_init : int, default=1
        Number of starts. One start is the best of three candidates after short runs. Several are
        six candidates each; the better ones go on, the last three are repaired by merges and
        splits of components as long as these raise the bound, and the best is run to the end.
        Over few rows with full covariances the best is also led through moves that lower the bound
        at first.
    max_iter : int, default=1000
        Iterations of the final run at the most.
    tol : float, default=1e-3
        The fit stops once an iteration changes the bound by less than ``tol`` nats per row and no
        posterior mean by more than ``tol`` posterior standard deviations.
    warm_start : bool, default=False
        Start from the last fit instead of new seeds; ``n_init`` is then ignored. Where the number
        of components or columns or the covariance type has changed, new seeds are taken after all.
    random_state : int, RandomState instance or None, default=None
        Draws the seeds, and the rows of :meth:`sample`.
    n_jobs : int, default=None
        Threads over blocks of rows. The result has the same bits for any number.
    verbose : int, default=0
        1 prints a line per fit, 2 also a line per iteration.

    Attributes
    ----------
    weights_ : ndarray of shape (n_components,)
        Posterior means of the weights, in decreasing order.
    means_ : ndarray of shape (n_components, n_features)
        Posterior means of the component means.
    covariances_ : ndarray
        Inverse of the expected precision of each component, in scikit-learn's shapes.
    precisions_, precisions_cholesky_ : ndarray
        Expected precisions and their Cholesky factors, in scikit-learn's shapes.
    weight_concentration_ : ndarray of shape (n_components,) or tuple of two
        Of the Dirichlet; or both parameters of the stick that each component stands on.
    mean_precision_, degrees_of_freedom_ : ndarray of shape (n_components,)
        What each component is worth in rows: its mean, its precision (one number where tied).
    elbo_, lower_bound_ : float
        Evidence lower bound in nats, every constant kept.
    elbo_terms_ : dict of str to float
        Its terms, by the names in the user guide; they sum to ``elbo_``.
    elbo_history_, lower_bounds_ : ndarray of shape (n_iter,)
        The bound after every iteration of the final run.
    n_iter_ : int
        Number of iterations of the final run.
    converged_ : bool
        Whether the final run met ``tol``.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where they are strings.

    See Also
    --------
    sklearn.mixture.BayesianGaussianMixture : The incomplete bound and plug-in densities.

    References
    ----------
    Attias (2000), Advances in Neural Information Processing Systems 12; Bishop (2006), Pattern
    Recognition and Machine Learning, section 10.2; Blei and Jordan (2006), Bayesian Analysis 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skvi import VariationalGaussianMixture
    >>> X = np.array([[1.0, 2.0], [1.0, 4.0], [1.0, 0.0], [9.0, 2.0], [9.0, 4.0], [9.0, 0.0]])
    >>> mixture = VariationalGaussianMixture(2, n_init=5, random_state=0).fit(X)
    >>> mixture.predict([[0.0, 0.0], [12.0, 3.0]]).tolist() in ([0, 1], [1, 0])
    True
    """

    _parameter_constraints = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions({"full", "tied", "diag", "spherical"})],
        "prior": [NormalWishart, None],
        "weight_prior": [StrOptions(set(_WEIGHT_PRIORS)), Dirichlet, DirichletProcess, PitmanYor],
        "solver": [StrOptions({"auto", "cavi", "svi", "memoized"}), CAVI, SVI, Memoized],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        n_components=1,
        *,
        covariance_type="full",
        prior=None,
        weight_prior="dirichlet_process",
        solver="auto",
        n_init=1,
        max_iter=1000,
        tol=1e-3,
        warm_start=False,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.prior = prior
        self.weight_prior = weight_prior
        self.solver = solver
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the mixture.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or iterable of chunks
            Rows; or anything that can be iterated over again and again and gives chunks ``X`` or
            ``(X, None, sample_weight)``.
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts: weight two is the row twice, weight zero is no row; what stands in a
            row of weight zero has no influence, but must pass the checks all the same.

        Returns
        -------
        self : VariationalGaussianMixture
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not allowed; the message names which and why.
        """
        return self._fit(X, None, sample_weight)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None, *, forgetting_factor=1.0):
        """Take further rows into the posterior.

        The posterior so far is the prior of the new rows; rows seen before keep their
        responsibilities. ``elbo_`` is a bound for all rows seen. Priors that scale with the data
        are set by the first batch.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or iterable of chunks
            New rows.
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts, as in :meth:`fit`.
        forgetting_factor : float, default=1.0
            In (0, 1]: what every row seen before still counts.

        Returns
        -------
        self : VariationalGaussianMixture
            The updated estimator.

        Raises
        ------
        ValueError
            If the new rows do not have the columns of those seen before, or parameters of the model
            have changed.
        """
        return self._fit_further(X, None, sample_weight, forgetting_factor)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags

    def _plan(self, rows):
        blocks, model = rows.blocks, self._make_model(rows.blocks.n_features)
        prior = _prior(model, blocks)
        threads = effective_n_jobs(self.n_jobs)

        def start(rng):
            previous = self._previous_posterior(model)
            if previous is None:
                return self._best_start(model, blocks, prior, rng, threads)
            return evaluate(model, prior, summarize_all(model, blocks, previous, threads))

        return Plan(model, start)

    def _further_plan(self, rows, forgetting_factor):
        model, known, threads = self._model, self._state, effective_n_jobs(self.n_jobs)
        now = self._make_model(model.n_features)
        for name in _KEPT:
            check_same(name.removeprefix("component_"), getattr(now, name), getattr(model, name))
        options = {"forgetting_factor": forgetting_factor, "n_threads": threads}

        def trainer(state, monitor, rng):
            return absorb(model, rows.blocks, known.prior, state, monitor, **options)

        return Plan(model, lambda rng: known, trainer)

    def _make_model(self, n_features):
        # copies, so that later changes of a prior do not change this model
        prior, weights = deepcopy(self.prior), self.weight_prior
        weights = _WEIGHT_PRIORS[weights]() if isinstance(weights, str) else deepcopy(weights)
        shape = self.n_components, n_features, self.covariance_type
        return GaussianMixtureModel(*shape, prior, weights)

    def _best_start(self, model, blocks, prior, rng, threads):
        """Winner of short runs, on a sample of the rows where there are many."""
        if self.n_components == 1:
            return best_start(model, blocks, prior, [rng], [])
        sample = model.subsample(blocks, rng)
        rngs, rungs = [rng] * candidates_for(self.n_init), rungs_for(self.n_init)
        return best_start(model, blocks, prior, rngs, rungs, sample=sample, n_threads=threads)

    def _previous_posterior(self, model):
        """Posterior of the last fit, where a warm start can use it."""
        if not (self.warm_start and hasattr(self, "_state")):
            return None
        previous = self._model
        same = ("n_components", "n_features", "covariance_type")
        if any(getattr(previous, name) != getattr(model, name) for name in same):
            return None
        return self._state.posterior

    def _arranged(self, model, state):
        return model.ordered(state)

    def _attributes(self, model, state):
        values = parameters.published(state.posterior, model.covariance_type)
        return {f"{name}_": self._in_dtype(value) for name, value in values._asdict().items()}


def _prior(model, blocks):
    """The prior scaled by rows whose squares are numbers."""
    facts = model.facts(blocks)
    check_moments(blocks, facts)
    scatter = facts.scatter
    variance = (scatter.diagonal() if scatter.ndim == 2 else scatter) / facts.weight
    check_spread("X", facts.mean, np.sqrt(variance))
    return model.prior(facts)
