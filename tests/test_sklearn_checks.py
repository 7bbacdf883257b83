"""scikit-learn's own checks, and those it keeps for itself, over every estimator."""

from __future__ import annotations

import inspect

import pytest
from sklearn.base import clone
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from tests.cases import ESTIMATORS

INSTANCES = [instance for instances in ESTIMATORS.values() for instance in instances]

EXTRA = [
    estimator_checks.check_param_validation,
    estimator_checks.check_dataframe_column_names_consistency,
    estimator_checks.check_inplace_ensure_writeable,
]

# Mini-batches of a short fit need not settle: that is what the warning says.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning",
    "ignore::sklearn.exceptions.EstimatorCheckFailedWarning",
    "ignore::sklearn.exceptions.SkipTestWarning",
)


@parametrize_with_checks(INSTANCES, xfail_strict=True)
def test_scikit_learn_check(estimator, check):
    check(estimator)


@pytest.mark.parametrize("check", EXTRA, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_extra_check(name, check):
    check(name, clone(ESTIMATORS[name][0]))


@pytest.mark.parametrize("name", sorted(ESTIMATORS))
def test_about_twelve_parameters_all_constrained(name):
    cls = type(ESTIMATORS[name][0])
    parameters = list(inspect.signature(cls.__init__).parameters)[1:]
    # a regression with normal noise has a prior of it besides
    assert len(parameters) <= 12 + ("noise_prior" in parameters)
    assert set(parameters) == set(cls._parameter_constraints)
