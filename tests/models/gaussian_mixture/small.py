"""Small data sets and mixtures on them."""

from __future__ import annotations

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.summary import total
from skvi.models.gaussian_mixture import GaussianMixtureModel
from skvi.priors.dirichlet import Dirichlet
from skvi.priors.dirichlet_process import DirichletProcess
from skvi.priors.pitman_yor import PitmanYor

STRUCTURES = ("full", "tied", "diag", "spherical")
WEIGHTS = {
    "dirichlet": Dirichlet(0.7),
    "dirichlet-process": DirichletProcess(1.3),
    "pitman-yor": PitmanYor(0.8, 0.4),
}


def clusters(n_rows, n_features, n_clusters=3, distance=4.0, seed=0):
    """Rows around a few centres, with unequal column scales and an offset."""
    rng = np.random.RandomState(seed)
    centers = distance * rng.standard_normal((n_clusters, n_features))
    rows = centers[rng.randint(n_clusters, size=n_rows)]
    rows = rows + rng.standard_normal((n_rows, n_features))
    return rows * np.linspace(0.5, 3.0, n_features) + 10.0


def fitted(X, n_components, structure, *, weights=None, laps=10, seed=0, **options):
    """Model, prior, posterior and summary after a few laps."""
    blocks = ArrayBlocks(X, None, weights)
    model = GaussianMixtureModel(n_components, X.shape[1], structure, **options)
    prior = model.prior(model.facts(blocks))
    summary = model.start(blocks, np.random.RandomState(seed))
    posterior = model.update(prior, summary)
    for _ in range(laps):
        posterior, summary = lap(model, blocks, prior, posterior)
    return model, prior, posterior, summary


def lap(model, blocks, prior, posterior):
    """One lap of coordinate ascent."""
    summary = total(model.summarize(block, posterior) for block in blocks)
    return model.update(prior, summary, posterior), summary


def total_bound(model, prior, posterior, summary):
    return sum(model.bound(prior, posterior, summary).values())


def largest_first(summary):
    """A summary with its components by decreasing weight, as compiled laps give them."""
    order = np.argsort(-summary.moments.weight, kind="stable")
    return summary._replace(moments=type(summary.moments)(*(f[order] for f in summary.moments)))
