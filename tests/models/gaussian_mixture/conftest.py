"""Every structure and every prior of the weights."""

from __future__ import annotations

import pytest

from tests.models.gaussian_mixture.small import STRUCTURES, WEIGHTS


@pytest.fixture(params=STRUCTURES)
def structure(request):
    return request.param


@pytest.fixture(params=sorted(WEIGHTS))
def weight_prior(request):
    return WEIGHTS[request.param]
