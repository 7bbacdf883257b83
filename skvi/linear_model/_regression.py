"""The linear regression estimator: scikit-learn manners over ``models.linear_regression``."""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.base import MultiOutputMixin, RegressorMixin

from skvi._compat import N_JOBS, Interval, StrOptions, _fit_context
from skvi.base import VariationalEstimator
from skvi.likelihoods import Gaussian, Heteroscedastic, StudentT
from skvi.linear_model._two_models import TwoModelsMixin
from skvi.priors import Flat, Gamma, HalfCauchy, HalfStudentT
from skvi.priors._named import NAMED_PRIORS, WEIGHT_PRIORS
from skvi.solvers import CAVI, SVI, Memoized

__all__ = ["VariationalBayesianRegression"]


class VariationalBayesianRegression(
    TwoModelsMixin, MultiOutputMixin, RegressorMixin, VariationalEstimator
):
    """Bayesian linear regression with the posterior of its scales integrated out.

    With ``family="structured"`` (the default) nothing is factorised that belongs together, so the
    bound is the log evidence and intervals keep their promise down to a handful of rows. See the
    user guide for the model, its updates and when not to use it.

    Parameters
    ----------
    likelihood : {"normal", "student_t", "heteroscedastic"} or likelihood object, default="normal"
        Law of the target about its mean. With any but "normal" the posterior of the coefficients
        is a Gaussian, the scale (and the degrees of freedom) are those with the largest bound, and
        there is one target.
    prior : str or prior object, default="ridge"
        Prior of the coefficients. On the columns as given: ``Ridge(alpha)``, relative to the noise
        as in :class:`sklearn.linear_model.Ridge`, with ``alpha=None`` learned; ``GroupedRidge``;
        ``Normal(mean, covariance)``, absolute; ``Flat()``. On columns in their standard
        deviations, relative to the noise: ``ARD``, ``Laplace``, ``StudentT``, ``Horseshoe``,
        ``RegularizedHorseshoe``, ``SpikeSlab`` and ``AdaptiveShrinkage``. A name in lower case
        with underscores, such as "regularized_horseshoe", is that prior with its defaults.
    noise_prior : Gamma, HalfCauchy, HalfStudentT, Flat or None, default=None
        Prior of the noise: ``Gamma(shape, rate)`` of its precision, the others of its standard
        deviation. None is a mixture of Gammas scaled with the target (see the user guide).
    family : {"auto", "structured", "mean_field", "gaussian", "coordinate"}, default="auto"
        Of ``Ridge``, ``Normal`` and ``Flat``: "structured" (which "auto" is) keeps coefficients,
        noise and scale together; "mean_field" is classical coordinate ascent with one factor each,
        whose intervals are too narrow. Of the other priors: "gaussian" keeps the coefficients
        together and cuts them from their scales; "coordinate" keeps each coefficient with its
        scale and cuts it from the others; "auto" is "coordinate" where a coefficient can be zero or
        steps of the other would take long (see the user guide); "structured" is "auto" with
        ``refresh``. Bounds of different families do not say which has the better intervals.
    refresh : int or "auto", default="auto"
        Number of draws of coefficients from their exact posterior given scales, by short chains
        that begin at the factors: intervals are then those of the posterior, as far as these go.
        "auto" is 300 where that takes about a second at the most, otherwise 0. Not with ``Ridge``,
        ``Normal`` and ``Flat``, whose structured posterior is exact.
    fit_intercept : bool, default=True
        Whether to add an intercept. At the mean of the rows it has a normal prior centred at the
        mean of the target and worth a hundredth of a row.
    solver : {"auto", "cavi", "svi", "memoized"} or solver object, default="auto"
        "auto", "cavi" and "memoized" read the rows once (twice where the design is badly
        conditioned): their summary does not depend on the posterior. "svi" gives the same answer.
    max_iter : int, default=1000
        Sweeps (mean field) or passes over the rows (svi) at the most.
    tol : float, default=1e-3
        An iterative fit stops once an iteration changes the bound by less than ``tol`` nats per
        row and no posterior mean by more than ``tol`` posterior standard deviations.
    warm_start : bool, default=False
        Start from the last fit, in standard deviations of columns and target, if it had the same
        likelihood and columns and more rows than columns. With the normal likelihood there is
        nothing to gain by it.
    random_state : int, RandomState instance or None, default=None
        Order of the rows under "svi", and draws of ``refresh``.
    n_jobs : int, default=None
        Threads over blocks of rows; the same bits for any number.
    verbose : int, default=0
        1 prints a line per fit, 2 also a line per iteration.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_targets, n_features)
        Posterior means of the coefficients.
    intercept_ : float or ndarray of shape (n_targets,)
        Posterior mean of the intercept; 0.0 without one.
    alpha_ : float or ndarray of shape (n_targets,)
        Posterior mean of the noise precision; inf where it has none.
    lambda_ : float or ndarray of shape (n_targets,) or (n_features,)
        Posterior mean of the prior precision of the coefficients (``alpha / sigma^2``) where alpha
        is fixed; otherwise the inverse of their mean prior variance. Under priors with scales of
        their own, the mean prior precision of each coefficient.
    family_ : str
        The posterior family: what "auto" stood for.
    inclusion_probability_ : ndarray of shape (n_features,)
        Probability of not being zero, under ``SpikeSlab`` and ``AdaptiveShrinkage``.
    sigma_ : ndarray of shape (n_features, n_features) or (n_targets, n_features, n_features)
        Posterior covariance of the coefficients, inf where it has none; formed at every access.
    elbo_ : float
        Evidence lower bound in nats, every constant kept; the log evidence itself where
        ``family="structured"``. Under a flat prior, which has no total mass, the density of the
        data is with respect to Lebesgue measure of the parameter.
    elbo_terms_ : dict of str to float
        Its terms, by the names in the user guide; they sum to ``elbo_``.
    elbo_history_ : ndarray of shape (n_iter,)
        The bound after every iteration.
    n_iter_ : int
        Number of iterations.
    converged_ : bool
        Whether the fit met ``tol``.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the columns, where strings.

    References
    ----------
    Han, Liao and Carin (2013), "Integrated non-factorized variational inference".

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skvi import VariationalBayesianRegression
    >>> X, y = load_diabetes(return_X_y=True)
    >>> regression = VariationalBayesianRegression().fit(X, y)
    >>> regression.predict_interval(X[:2], coverage=0.9).round().astype(int).tolist()
    [[113, 293], [-19, 161]]
    """

    _parameter_constraints = {
        "likelihood": [
            StrOptions({"normal", "student_t", "heteroscedastic"}),
            Gaussian,
            StudentT,
            Heteroscedastic,
        ],  # fmt: skip
        "prior": [StrOptions(set(NAMED_PRIORS)), *WEIGHT_PRIORS],
        "noise_prior": [Gamma, HalfCauchy, HalfStudentT, Flat, None],
        "family": [StrOptions({"auto", "structured", "mean_field", "gaussian", "coordinate"})],
        "refresh": [StrOptions({"auto"}), Interval(Integral, 0, None, closed="left")],
        "fit_intercept": ["boolean"],
        "solver": [StrOptions({"auto", "cavi", "svi", "memoized"}), CAVI, SVI, Memoized],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": N_JOBS,
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        likelihood="normal",
        prior="ridge",
        noise_prior=None,
        family="auto",
        refresh="auto",
        fit_intercept=True,
        solver="auto",
        max_iter=1000,
        tol=1e-3,
        warm_start=False,
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.likelihood = likelihood
        self.prior = prior
        self.noise_prior = noise_prior
        self.family = family
        self.refresh = refresh
        self.fit_intercept = fit_intercept
        self.solver = solver
        self.max_iter = max_iter
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Fit the regression.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or iterable of chunks
            Rows; or anything that can be iterated over again and again and gives chunks ``(X, y)``
            or ``(X, y, sample_weight)``.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets; None where ``X`` is an iterable of chunks.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts: weight two is the row twice, weight zero is no row; what stands in a
            row of weight zero has no influence, but must pass the checks all the same.

        Returns
        -------
        self : VariationalBayesianRegression
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data are not allowed; the message names which and why.
        """
        return self._fit(X, y, sample_weight)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None, *, forgetting_factor=1.0):
        """Take further rows in: exactly the fit on all rows seen so far.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features) or iterable of chunks
            New rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets, in the shape they had at first.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts, as in :meth:`fit`.
        forgetting_factor : float, default=1.0
            In (0, 1]: the weights of all rows seen before are multiplied by it.

        Returns
        -------
        self : VariationalBayesianRegression
            The updated estimator.

        Raises
        ------
        ValueError
            If the new rows do not have the columns and targets of those seen before.
        """
        return self._fit_further(X, y, sample_weight, forgetting_factor)
