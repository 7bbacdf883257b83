"""The registry of cases is complete: a public name without a case fails here."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

import skvi
from skvi import families, models, priors
from skvi.base import VariationalEstimator
from tests.cases import ESTIMATORS, FAMILIES, MODELS, PRIORS


def public_classes(names, kind):
    """Names among the public names of the package that are classes of a kind."""
    values = {name: getattr(skvi, name) for name in names}
    return {n for n, v in values.items() if inspect.isclass(v) and issubclass(v, kind)}


def classes_in(package):
    """Names of the classes that the public modules of a package offer, exported or not."""
    found = set()
    for path in Path(package.__file__).parent.glob("[!_]*.py"):
        module = import_module(f"{package.__name__}.{path.stem}")
        found |= {name for name in module.__all__ if inspect.isclass(getattr(module, name))}
    return found


def model_classes():
    """Public classes of the subpackages of ``skvi.models`` that have the five verbs."""
    verbs = ("prior", "start", "summarize", "update", "bound")
    found = set()
    for path in Path(models.__file__).parent.iterdir():
        if path.is_dir() and (path / "__init__.py").is_file():
            module = import_module(f"skvi.models.{path.name}")
            classes = (getattr(module, name) for name in module.__all__)
            found |= {
                c.__name__
                for c in classes
                if inspect.isclass(c) and all(hasattr(c, verb) for verb in verbs)
            }
    return found


def test_every_family_has_a_case():
    # predictive distributions are no factors of a posterior: the laws of families are not theirs
    assert classes_in(families) - {"StudentTMixture"} == set(families.__all__)
    assert set(FAMILIES) == set(families.__all__)


def test_every_family_of_the_registry_has_cases_of_its_own_kind():
    for name, cases in FAMILIES.items():
        assert cases, name
        for case in cases.values():
            assert type(case.distribution).__name__ == name


def test_every_prior_has_a_case():
    assert classes_in(priors) - {"GammaMixture"} == set(priors.__all__)  # what None stands for
    assert set(PRIORS) == set(priors.__all__)
    for name, cases in PRIORS.items():
        assert {type(prior).__name__ for prior in cases.values()} == {name}


def test_every_model_has_a_case():
    assert len(model_classes()) >= 2
    assert set(MODELS) == model_classes()
    for name, cases in MODELS.items():
        assert {type(case.make()).__name__ for case in cases.values()} == {name}


def test_every_public_estimator_has_a_case():
    estimators = public_classes(set(skvi.__all__) - {"__version__"}, VariationalEstimator)
    assert len(estimators) >= 2
    assert set(ESTIMATORS) == estimators
    for name, cases in ESTIMATORS.items():
        assert {type(estimator).__name__ for estimator in cases} == {name}
