"""Extrapolation of slow fixed points, kept only where the bound does not fall.

Two plain steps S0 -> S1 -> S2 give the squared extrapolation of Varadhan and Roland (2008),
Scandinavian Journal of Statistics 35: with step length a = -|r| / |v|, r = S1 - S0 and
v = (S2 - S1) - r,

    S' = (1 + a)^2 S0 - 2 a (1 + a) S1 + a^2 S2,

an affine combination of summaries, hence of natural parameters. Lengths are measured on the
watched posterior means in units of posterior standard deviations. It is tried only when the
observed contraction factor |S2 - S1| / |S1 - S0| is above 0.8: faster fixed points do not need it.
"""

from __future__ import annotations

import numpy as np

from skvi.inference.monitor import State, evaluate
from skvi.inference.summary import add, scale

__all__ = ["Accelerator"]

_SLOW = 0.8
_LONGEST = 64.0
_SLACK = 1e-12


class Accelerator:
    """Proposes extrapolated states from the states it has seen.

    Parameters
    ----------
    model : Model
        Its ``location`` gives the lengths, its ``update`` the extrapolated posterior.
    """

    def __init__(self, model):
        self._model = model
        self._states: list[State] = []
        self._longest = 4.0
        self._rest = 0
        self._known: list[tuple] = []

    def propose(self, prior, state: State) -> State | None:
        """Extrapolated state, or None where a plain step should be taken."""
        if not self._states or self._states[-1] is not state:
            self._states = [*self._states[-2:], state]
        if self._rest > 0:
            self._rest -= 1
            return None
        if len(self._states) < 3:
            return None
        coefficients = self._coefficients()
        if coefficients is None:
            return None
        parts = [scale(s.summary, c) for s, c in zip(self._states, coefficients, strict=True)]
        self._states = [state]
        return self._sound(prior, add(add(parts[0], parts[1]), parts[2]), state.posterior)

    def accept(self, trial: State, state: State) -> bool:
        """Whether the bound after a plain step from the extrapolation did not fall."""
        kept = trial.bound >= state.bound - _SLACK * (1.0 + abs(state.bound))
        if kept:
            self._longest = min(self._longest * 2.0, _LONGEST)
            self._states = []
        else:
            self._longest = max(self._longest / 4.0, 2.0)
            self._rest = 3
        return kept

    def _coefficients(self):
        known = {id(state): place for state, place in self._known}
        self._known = [
            (state, known.get(id(state)) or self._model.location(state.posterior))
            for state in self._states
        ]
        locations = [place for _, place in self._known]
        if len({mean.shape for mean, _ in locations}) > 1:
            return None
        sd = locations[-1][1]
        first, second = (
            np.linalg.norm((locations[i + 1][0] - locations[i][0]) / sd) for i in (0, 1)
        )
        step = (locations[1][0] - locations[0][0]) / sd
        bend = np.linalg.norm((locations[2][0] - locations[1][0]) / sd - step)
        if not second > _SLOW * first or bend == 0.0 or first == 0.0:
            return None
        length = min(max(first / bend, 1.0), self._longest)
        return (1.0 - length) ** 2, 2.0 * length * (1.0 - length), length**2

    def _sound(self, prior, summary, posterior):
        """State at an extrapolated summary, or None where that is no posterior at all."""
        try:
            proposal = evaluate(self._model, prior, summary, posterior)
        except (ValueError, FloatingPointError, np.linalg.LinAlgError):
            return None
        mean, sd = self._model.location(proposal.posterior)
        sound = np.all(np.isfinite(mean)) and np.all(sd > 0.0) and np.isfinite(proposal.bound)
        return proposal if sound else None
