"""A model that is stopped from the keyboard in the middle of a pass."""

from __future__ import annotations

from tests.inference.toy import ToyMixture


class Interrupting(ToyMixture):
    """Raises at one of the passes, as Ctrl-C would."""

    def __init__(self, at):
        super().__init__()
        self.at, self.calls = at, 0

    def summarize(self, block, posterior):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return super().summarize(block, posterior)
