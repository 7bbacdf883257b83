"""Distributions, draws and transforms of classes."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalLogisticRegression, VariationalOrdinalRegression

RNG = np.random.RandomState(0)
X = RNG.standard_normal((80, 2))
CODES = np.digitize(X[:, 0] + RNG.logistic(size=80), [-1.0, 1.0])
STARS, NAMES = np.array([1, 3, 5])[CODES], np.array(["bad", "fair", "good"])[CODES]
MODELS = {
    "ordinal": (VariationalOrdinalRegression(), STARS, NAMES),
    "softmax": (VariationalLogisticRegression(), STARS, NAMES),
    "blockwise": (VariationalLogisticRegression(family="blockwise"), STARS, NAMES),
    "binary": (VariationalLogisticRegression(), 2 * (CODES > 0), np.where(CODES > 0, "b", "a")),
}
each = pytest.mark.parametrize(("model", "numbers", "names"), MODELS.values(), ids=MODELS)


@each
def test_distributions_are_over_the_classes(model, numbers, names):
    model.fit(X, numbers)
    law, proba = model.predict_dist(X[:5]), model.predict_proba(X[:5])
    classes = model.classes_
    np.testing.assert_allclose(law.pmf(classes[:, None]).T, proba, rtol=1e-12)
    np.testing.assert_allclose(law.cdf(classes[:, None]).T, np.cumsum(proba, axis=1), rtol=1e-12)
    np.testing.assert_allclose(law.mean(), proba @ classes, rtol=1e-12)
    np.testing.assert_array_equal(np.isin(law.rvs(50, 0), classes), True)
    logs = law.logpmf(numbers[:5])
    np.testing.assert_allclose(logs, model.log_predictive_density(X[:5], numbers[:5]), rtol=1e-9)
    positions = model.fit(X, names).predict_dist(X[:5])
    np.testing.assert_allclose(positions.pmf(np.arange(len(classes))[:, None]).T, proba, rtol=1e-6)


@each
def test_draws_are_labels_under_common_coefficients(model, numbers, names):
    model.fit(X[:30], names[:30])
    unsure = np.argmin(model.predict_proba(3.0 * X).max(axis=1))
    twice = 3.0 * X[[unsure, 1, 2, unsure]]
    drawn, proba = model.sample_y(twice, 20_000), model.predict_proba(twice)
    assert drawn.shape == (4, 20_000)
    for k, label in enumerate(model.classes_):
        share = np.mean(drawn == label, axis=1)
        assert np.all(np.abs(share - proba[:, k]) < 4.5 * 0.5 / np.sqrt(20_000) + 2e-3)
    alone = np.sum(proba[0] ** 2)  # how often independent draws of a row agree
    assert np.mean(drawn[0] == drawn[3]) > alone + 0.02
    np.testing.assert_array_equal(model.sample_y(X, 2), model.sample_y(X, 2))
    with pytest.raises(ValueError, match="n_samples"):
        model.sample_y(X, 0)


def test_transforms_of_ordered_classes_are_those_of_refits():
    model = VariationalOrdinalRegression().fit(X, STARS)
    pit = model.loo().pit
    for row in range(0, 80, 8):
        kept = np.arange(80) != row
        law = VariationalOrdinalRegression().fit(X[kept], STARS[kept]).predict_dist(X[[row]])
        expected = law.cdf(STARS[row])[0] - 0.5 * law.pmf(STARS[row])[0]
        assert pit[row] == pytest.approx(expected, abs=0.02)  # cut-points are learned anew
    assert VariationalLogisticRegression().fit(X, STARS).loo().pit is None
    assert VariationalLogisticRegression().fit(X, STARS > 1).loo().pit is None
