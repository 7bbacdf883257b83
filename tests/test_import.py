"""What ``import skvi`` costs and what it offers."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import numba
import pytest

import skvi

MODULES = sorted(module.name for module in pkgutil.walk_packages(skvi.__path__, prefix="skvi."))
PUBLIC_PACKAGES = ["skvi.linear_model", "skvi.mixture", "skvi.priors"]


def in_a_new_process(code):
    """Standard output of ``code`` run by a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_import_loads_no_heavy_package():
    heavy = ("numba", "llvmlite", "sklearn", "scipy", "pandas", "matplotlib", "rich")
    code = f"import sys, skvi; print([name for name in {heavy} if name in sys.modules])"
    assert in_a_new_process(code) == "[]"


def test_import_loads_no_subpackage():
    code = "import sys, skvi; print([name for name in sys.modules if name.startswith('skvi.')])"
    assert in_a_new_process(code) == "[]"


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_loading_every_name_compiles_nothing():
    code = """
import skvi
for name in skvi.__all__:
    getattr(skvi, name)
from numba.core.dispatcher import Dispatcher
import gc
kernels = [thing for thing in gc.get_objects() if isinstance(thing, Dispatcher)]
ours = [kernel for kernel in kernels if kernel.py_func.__module__.startswith("skvi")]
print(len(ours) > 0, sum(len(kernel.signatures) for kernel in ours))
"""
    assert in_a_new_process(code) == "True 0"


@pytest.mark.parametrize("name", skvi.__all__)
def test_public_name_resolves(name):
    assert getattr(skvi, name) is not None
    assert name in dir(skvi)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'skvi' has no attribute 'Nonsense'"):
        skvi.Nonsense  # noqa: B018


def test_star_import_offers_every_public_name():
    code = "from skvi import *; import skvi; print(set(skvi.__all__) <= set(globals()))"
    assert in_a_new_process(code) == "True"


@pytest.mark.parametrize("package", PUBLIC_PACKAGES)
def test_public_packages_and_skvi_offer_the_same_objects(package):
    module = importlib.import_module(package)
    assert module.__all__ == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(skvi, name) is getattr(module, name)


@pytest.mark.parametrize("module", MODULES)
def test_module_says_what_is_public(module):
    loaded = importlib.import_module(module)
    assert loaded.__doc__, f"{module} opens with no docstring"
    if not hasattr(loaded, "__path__") or hasattr(loaded, "__all__"):
        missing = [name for name in loaded.__all__ if not hasattr(loaded, name)]
        assert missing == []
