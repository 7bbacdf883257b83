"""Prior objects: of weights, noise, scales, mixture weights and components."""

from __future__ import annotations

from skvi.priors.flat import Flat
from skvi.priors.gamma import Gamma
from skvi.priors.half_cauchy import HalfCauchy
from skvi.priors.half_student_t import HalfStudentT
from skvi.priors.normal import Normal
from skvi.priors.ridge import Ridge

__all__ = [
    "Flat",
    "Gamma",
    "HalfCauchy",
    "HalfStudentT",
    "Normal",
    "Ridge",
]
