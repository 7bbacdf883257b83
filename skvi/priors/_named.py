"""Priors of weights by name."""

from __future__ import annotations

from skvi.priors.adaptive_shrinkage import AdaptiveShrinkage
from skvi.priors.ard import ARD
from skvi.priors.flat import Flat
from skvi.priors.grouped_ridge import GroupedRidge
from skvi.priors.horseshoe import Horseshoe
from skvi.priors.laplace import Laplace
from skvi.priors.normal import Normal
from skvi.priors.regularized_horseshoe import RegularizedHorseshoe
from skvi.priors.ridge import Ridge
from skvi.priors.spike_slab import SpikeSlab
from skvi.priors.student_t import StudentT

__all__ = ["NAMED_PRIORS", "WEIGHT_PRIORS", "named_prior"]

NAMED_PRIORS = {
    "adaptive_shrinkage": AdaptiveShrinkage,
    "ard": ARD,
    "flat": Flat,
    "grouped_ridge": GroupedRidge,
    "horseshoe": Horseshoe,
    "laplace": Laplace,
    "regularized_horseshoe": RegularizedHorseshoe,
    "ridge": Ridge,
    "spike_slab": SpikeSlab,
    "student_t": StudentT,
}
"""Priors of weights whose arguments all have defaults."""
WEIGHT_PRIORS = (*NAMED_PRIORS.values(), Normal)
"""Priors of weights."""


def named_prior(prior):
    """The default prior of a name, or the prior object that is given."""
    return NAMED_PRIORS[prior]() if isinstance(prior, str) else prior
