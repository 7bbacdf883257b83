"""The complete registry: one small case for every family, prior, model and estimator.

``tests/laws`` runs every law over every entry, and ``tests/laws/test_registry.py`` fails if a
public name has no entry here.
"""

from __future__ import annotations

from tests._cases.estimators import ESTIMATORS
from tests._cases.families import FAMILIES
from tests._cases.models import MODELS
from tests._cases.priors import PRIORS

__all__ = ["ESTIMATORS", "FAMILIES", "MODELS", "PRIORS"]
