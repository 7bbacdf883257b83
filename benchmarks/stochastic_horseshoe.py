"""NumPyro's AutoNormal of a regularised horseshoe regression under Adam, where it is installed."""

from __future__ import annotations

import numpy as np

__all__ = ["adam"]

_STEPS, _RATE, _DRAWS = 5_000, 0.01, 100


def adam(X, y, expected_size, slab):
    """A task of all steps over all rows, compiled, and the bound that it reached.

    Weights are relative to the noise and not centred; the noise has a prior of its own, a Gamma of
    the precision, and the intercept is that of centred rows.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Standardised.
    y : ndarray of shape (n,)
    expected_size, slab : float

    Returns
    -------
    task : callable
    bound : float
        Mean of 100 draws.

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
    from numpyro.infer.autoguide import AutoNormal

    n, p = X.shape
    scale = expected_size / (p - expected_size) / np.sqrt(n)
    rate = 0.875 * float(np.var(y)) / (1.0 + p)
    X, y = jnp.asarray(X, jnp.float32), jnp.asarray(y - y.mean(), jnp.float32)

    def model(X, y):
        precision = numpyro.sample("precision", distributions.Gamma(0.52, rate))
        tau = numpyro.sample("tau", distributions.HalfCauchy(scale))
        local = distributions.HalfCauchy(1.0).expand([p]).to_event(1)
        sd = tau * numpyro.sample("local", local)
        sd = sd / jnp.sqrt(1.0 + (sd / slab) ** 2)
        z = numpyro.sample("z", distributions.Normal(0.0, 1.0).expand([p]).to_event(1))
        noise = precision**-0.5
        numpyro.sample("y", distributions.Normal(X @ (noise * sd * z), noise), obs=y)

    svi = SVI(model, AutoNormal(model), numpyro.optim.Adam(_RATE), Trace_ELBO())

    @jax.jit
    def run(state, X, y):
        return jax.lax.scan(lambda s, _: svi.update(s, X, y), state, None, length=_STEPS)

    begin = svi.init(jax.random.PRNGKey(0), X, y)

    def task():
        state, losses = run(begin, X, y)
        losses.block_until_ready()
        return state

    state = task()
    states = (state._replace(rng_key=jax.random.PRNGKey(seed)) for seed in range(_DRAWS))
    bound = -np.mean([float(svi.evaluate(one, X, y)) for one in states])
    return lambda: (task(), None)[1], float(bound)
