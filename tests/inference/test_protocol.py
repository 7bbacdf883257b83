"""The models and the data sets of the package are what the protocol asks for."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks, ChunkBlocks
from skvi.inference.protocol import Block, Blocks, Model
from tests.cases import MODELS
from tests.inference.toy import ToyMixture

VERBS = ("prior", "start", "summarize", "update", "bound", "location")
CASES = {name: next(iter(cases.values())) for name, cases in MODELS.items()}


@pytest.mark.parametrize("make", [case.make for case in CASES.values()] + [ToyMixture], ids=str)
def test_models_have_the_verbs_with_their_arguments(make):
    model = make()
    assert isinstance(model, Model)
    assert isinstance(model.rereads_rows, bool)
    for verb in VERBS:
        asked = list(inspect.signature(getattr(Model, verb)).parameters)[1:]
        given = list(inspect.signature(getattr(model, verb)).parameters)
        assert given[: len(asked)] == asked


def test_data_sets_are_blocks_of_block():
    X = np.arange(6.0).reshape(3, 2)
    for blocks in (ArrayBlocks(X), ChunkBlocks([X], lambda chunk: (chunk,))):
        assert isinstance(blocks, Blocks)
        assert all(isinstance(block, Block) for block in blocks)


def test_a_thing_without_the_verbs_is_no_model():
    assert not isinstance(object(), Model)
