"""Labels of classifiers: codes inside, labels outside."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skvi.further import check_forgetting_factor
from skvi.likelihoods.category_distribution import ClassDistribution
from skvi.models.linear_predictor.draws import drawn_predictors
from skvi.posterior import check_n_samples
from skvi.tables import as_numbers
from skvi.validation import is_chunks

__all__ = ["ClassesMixin"]

_ANY = np.array([0, 1])  # where something is wrong, which is said once rows are looked at


class ClassesMixin:
    """A classifier with ``predict_proba`` and codes of labels as the target of its model."""

    _fewest_classes = 2
    _ordered_classes = False

    def predict(self, X, *, offset=None):
        """Most probable class of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
        """
        probabilities = self.predict_proba(X, offset=offset)
        return self._fitted_classes()[np.argmax(probabilities, axis=1)]

    def predict_log_proba(self, X, *, offset=None):
        """Logarithms of :meth:`predict_proba`.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X, offset=offset))

    def log_predictive_density(self, X, y, *, offset=None):
        """Log posterior-predictive probability of every label.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,)
            Labels.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In nats.

        Raises
        ------
        ValueError
            If ``y`` holds a label that was not seen in the fit.
        """
        log_probabilities = self.predict_log_proba(X, offset=offset)
        codes = _codes(column_or_1d(y), self._fitted_classes())
        check_consistent_length(log_probabilities, codes)
        return log_probabilities[np.arange(len(codes)), codes.astype(int)]

    def predict_dist(self, X, *, offset=None):
        """Posterior-predictive distribution of the class of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        offset : array-like of shape (n_samples,), default=None
            As in :meth:`fit`.

        Returns
        -------
        distribution : ClassDistribution
            Frozen, over the rows, with ``pmf``, ``logpmf``, ``cdf``, ``sf``, ``ppf``, ``mean``,
            ``std``, ``var``, ``interval`` and ``rvs``. Its values are the classes themselves where
            these are numbers, and else their positions in ``classes_``.
        """
        probabilities = np.asarray(self.predict_proba(X, offset=offset), dtype=np.float64)
        return ClassDistribution(probabilities, self._fitted_classes())

    def sample_y(self, X, n_samples=1, random_state=0, *, offset=None):
        """Joint draws of new labels: each draw is one set of coefficients and labels given them.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples_X, n_features)
            Rows.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed or generator.
        offset : array-like of shape (n_samples_X,), default=None
            As in :meth:`fit`.

        Returns
        -------
        y : ndarray of shape (n_samples_X, n_samples)
            Labels, as in ``classes_``.

        Raises
        ------
        ValueError
            If ``n_samples`` is not a whole number of at least 1.
        """
        check_n_samples(n_samples)
        classes, rng = self._fitted_classes(), check_random_state(random_state)
        X, _, offset = self._rows_and_offsets(X, None, offset)
        posterior = self._state.posterior
        eta = drawn_predictors(X, offset, posterior, n_samples, rng)
        law = self._model.likelihood.conditional(eta, posterior.parameters)
        codes = law.rvs(size=eta.shape[:2], random_state=rng)
        return classes[codes.astype(np.intp)].T

    def _fitted_classes(self):
        check_is_fitted(self)
        return self.classes_

    def _take(self, X, y, sample_weight, *, reset, **beside):
        if reset and getattr(self, "_declared", None) is not None:
            self._classes = self._declared
        elif reset:
            self._classes = self._classes_of(X, y, sample_weight)
        if is_chunks(X) and iter(X) is not X:
            X = _CodedChunks(X, self._classes)
        elif y is not None:
            y = _codes_of_rows(_labels(y), self._classes, sample_weight)
        return super()._take(X, y, sample_weight, reset=reset, **beside)

    def _classify_further(self, X, y, classes, sample_weight, forgetting_factor, **beside):
        """Take further rows in, all classes declared at first."""
        check_forgetting_factor(forgetting_factor)
        if hasattr(self, "_state"):
            if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
                raise ValueError(
                    f"classes={list(classes)!r} was {self.classes_.tolist()} when partial_fit "
                    "began and cannot change; call fit for a new model."
                )
            return self._fit_further(X, y, sample_weight, forgetting_factor, **beside)
        self._declared = None if classes is None else np.unique(classes)
        try:
            return self._fit(X, y, sample_weight, **beside)
        finally:
            del self._declared

    def _classes_of(self, X, y, sample_weight):
        """Labels of all rows that count."""
        if is_chunks(X):
            parts = [] if iter(X) is X else [chunk for chunk in X if _has_labels(chunk)]
            if not parts:
                return _ANY
            labels = [np.unique(_counted(_labels(part[1]), *part[2:3])) for part in parts]
            classes = np.unique(np.concatenate(labels))
        elif y is None:
            return _ANY
        else:
            labels = _labels(y)
            if not len(labels):
                return _ANY
            counted = _counted(labels, sample_weight)
            classes = np.unique(counted if len(counted) else labels)
        if len(classes) < self._fewest_classes:
            raise ValueError(
                f"y holds the one class {classes.tolist()}; expected labels of at least two "
                "classes in rows of positive weight."
            )
        return classes

    def _attributes(self, model, state):
        return {"classes_": self._classes, **super()._attributes(model, state)}

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = True
        return tags


class _CodedChunks:
    """Chunks whose labels are codes."""

    def __init__(self, chunks, classes):
        self._chunks, self._classes = chunks, classes

    def __iter__(self):
        for chunk in self._chunks:
            if not _has_labels(chunk):
                yield chunk
                continue
            X, y, *rest = chunk
            yield (X, _codes_of_rows(_labels(y), self._classes, *rest[:1]), *rest)


def _has_labels(chunk):
    return isinstance(chunk, tuple) and len(chunk) > 1 and chunk[1] is not None


def _labels(y):
    if sparse.issparse(y):
        raise TypeError("y is a sparse array; expected a dense one: use y.toarray().")
    with as_numbers():
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
    return y


def _counts(labels, sample_weight):
    """Which rows count; None where all do, or where weights are not what is expected."""
    if isinstance(sample_weight, dict):  # what else stands beside the rows of a chunk
        sample_weight = sample_weight.get("sample_weight")
    try:
        weights = np.asarray(sample_weight, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return weights != 0.0 if weights.shape == labels.shape else None


def _counted(labels, sample_weight=None):
    counts = _counts(labels, sample_weight)
    return labels if counts is None else labels[counts]


def _codes_of_rows(labels, classes, sample_weight=None):
    """Codes of labels; zero in rows of weight zero, which are as good as absent."""
    counts = _counts(labels, sample_weight)
    if counts is None:
        return _codes(labels, classes)
    codes = np.zeros(len(labels))
    codes[counts] = _codes(labels[counts], classes)
    return codes


def _codes(labels, classes):
    """Positions of labels among the classes."""
    codes = np.searchsorted(classes, labels)
    codes = np.minimum(codes, len(classes) - 1)
    unknown = classes[codes] != labels
    if np.any(unknown):
        raise ValueError(
            f"y holds the label {labels[unknown].tolist()[0]!r}, which is none of the classes "
            f"{classes.tolist()}."
        )
    return codes.astype(np.float64)
