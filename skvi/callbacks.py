"""Callbacks for ``estimator.set_callbacks``, beside scikit-learn's own ``ProgressBar``."""

from __future__ import annotations

from sklearn.callback import ScoringMonitor

__all__ = ["ELBOMonitor"]


class ELBOMonitor(ScoringMonitor):
    """Record the evidence lower bound of every iteration of every fit.

    Works on a single estimator and on one inside a pipeline or a grid search, across worker
    processes. ``get_logs()`` gives one log per outermost fit; its ``data`` is a list of dicts with
    ``elbo`` (nats) and ``n_iter`` for each iteration, ``data_as_pandas`` the same as a frame.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skvi import ELBOMonitor, VariationalGaussianMixture
    >>> monitor = ELBOMonitor()
    >>> mixture = VariationalGaussianMixture(3, random_state=0).set_callbacks(monitor)
    >>> mixture = mixture.fit(load_iris().data)
    >>> len(monitor.get_logs().data) == mixture.n_iter_
    True
    """

    def __init__(self):
        super().__init__(scoring=_bound)

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Record the bound, where the finished task leaves a fitted estimator behind.

        Parameters
        ----------
        estimator : estimator
            The estimator being fitted.
        context : CallbackContext
            Where in the fit we are.
        fitted_estimator : estimator, default=None
            The estimator as it would be if the fit ended here.
        """
        super().on_fit_task_end(estimator, context, X=(), y=(), fitted_estimator=fitted_estimator)


def _bound(estimator, X, y):
    """Scorer that reads the bound off a fitted estimator."""
    return {"elbo": estimator.elbo_, "n_iter": estimator.n_iter_}
