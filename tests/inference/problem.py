"""Two clusters of known place and unknown weight, and the way to its fixed point."""

from __future__ import annotations

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.reading import summarize_all
from tests.inference.toy import ToyMixture, Weights


def make_problem(half_distance):
    rng = np.random.RandomState(0)
    X = rng.normal(np.where(rng.rand(600, 1) < 0.3, -half_distance, half_distance), 1.0)
    model, blocks = ToyMixture((-half_distance, half_distance)), ArrayBlocks(X)
    prior = model.prior(None)
    first = summarize_all(model, blocks, Weights(np.array([50.0, 60.0])))
    return model, blocks, prior, evaluate(model, prior, first)


def monitor_for(blocks, **options):
    return Monitor(n_rows=blocks.total_weight, **{"tol": 1e-9, "max_iter": 500, **options})


def fixed_point(problem, accelerate=False):
    model, blocks, prior, state = problem
    monitor = monitor_for(blocks)
    return coordinate_ascent(model, blocks, prior, state, monitor, accelerate=accelerate), monitor
