"""Step sizes of stochastic natural-gradient ascent."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ConstantStep", "RobbinsMonro"]


class RobbinsMonro(NamedTuple):
    """Steps ``(t + delay) ** -forgetting_rate``, t = 0, 1, ...: infinite sum, finite squares.

    Attributes
    ----------
    delay : float
        Slows the first steps down; at least one.
    forgetting_rate : float
        In (0.5, 1]: the larger, the faster the steps fall.

    References
    ----------
    Robbins and Monro (1951), Annals of Mathematical Statistics 22; Hoffman, Blei, Wang and Paisley
    (2013), Journal of Machine Learning Research 14.
    """

    delay: float = 1.0
    forgetting_rate: float = 0.7

    def __call__(self, step: int) -> float:
        """Size of step number ``step``, counted from zero."""
        return (step + self.delay) ** -self.forgetting_rate


class ConstantStep(NamedTuple):
    """The same step every time: never settles, but follows data that drift.

    Attributes
    ----------
    size : float
        In (0, 1].
    """

    size: float

    def __call__(self, step: int) -> float:
        """Size of any step."""
        return self.size
