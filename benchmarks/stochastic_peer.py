"""NumPyro's AutoMultivariateNormal under Adam, where it is installed: 10,000 steps, compiled."""

from __future__ import annotations

import numpy as np

__all__ = ["adam"]

_STEPS, _BATCH, _RATE, _DRAWS = 10_000, 1024, 0.01, 20


def adam(X, y):
    """A task of all steps, compiled, and the bound that it reached.

    The weights have prior N(0, 1) and there is no intercept. The steps are one compiled loop over
    mini-batches in single precision.

    Parameters
    ----------
    X : ndarray of shape (n, p)
    y : ndarray of shape (n,)

    Returns
    -------
    task : callable
    bound : float
        Mean of 20 draws over all rows.

    Raises
    ------
    ImportError
        If NumPyro is not installed.
    """
    import jax
    import numpyro
    from jax import numpy as jnp
    from numpyro import distributions
    from numpyro.infer import SVI, Trace_ELBO
    from numpyro.infer.autoguide import AutoMultivariateNormal

    n, n_features = X.shape
    X, y = jnp.asarray(X, jnp.float32), jnp.asarray(y, jnp.float32)

    def model(X, y):
        normal = distributions.Normal(0.0, 1.0).expand([n_features]).to_event(1)
        weights = numpyro.sample("weights", normal)
        with numpyro.plate("rows", n, subsample_size=len(X)):
            numpyro.sample("y", distributions.Bernoulli(logits=X @ weights), obs=y)

    optimiser = numpyro.optim.Adam(_RATE)
    svi = SVI(model, AutoMultivariateNormal(model), optimiser, Trace_ELBO())

    @jax.jit
    def run(state, key, X, y):
        def step(state, key):
            rows = jax.random.randint(key, (_BATCH,), 0, n)
            return svi.update(state, X[rows], y[rows])

        return jax.lax.scan(step, state, jax.random.split(key, _STEPS))

    begin = svi.init(jax.random.PRNGKey(0), X[:_BATCH], y[:_BATCH])

    def task():
        state, losses = run(begin, jax.random.PRNGKey(1), X, y)
        losses.block_until_ready()
        return state

    state = task()
    states = (state._replace(rng_key=jax.random.PRNGKey(seed)) for seed in range(_DRAWS))
    bound = -np.mean([float(svi.evaluate(one, X, y)) for one in states])
    return lambda: (task(), None)[1], float(bound)
