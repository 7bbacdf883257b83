"""The cache of compiled kernels on disk: what it finds again, and what it never trusts."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import skvi
from skvi.numerics import kernel_cache
from skvi.numerics.jit import kernel

MODULE = """
from skvi.numerics.jit import kernel
from skvi.numerics.callee import scaled

@kernel
def total(x):
    result = 0.0
    for i in range(x.size):
        result += scaled(x[i])
    return result
"""
CALLEE = """
from skvi.numerics.jit import kernel

@kernel
def scaled(x):
    return {factor} * x
"""
RUN = """
import json
import numpy as np
from skvi.numerics import kernel_cache
from skvi.numerics.caller import total
assert not total.overloads
value = total(np.arange(4.0))
stats = total.stats
print(json.dumps([value, sum(stats.cache_hits.values()), sum(stats.cache_misses.values()),
                  kernel_cache.cache_directory()]))
"""


needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


@pytest.fixture
def package(tmp_path):
    """A copy of the parts that compile kernels, with a caller and a callee of its own."""
    source, target = Path(skvi.__file__).parent, tmp_path / "site" / "skvi"
    (target / "numerics").mkdir(parents=True)
    for name in ("jit.py", "kernel_cache.py"):
        shutil.copy(source / "numerics" / name, target / "numerics" / name)
    (target / "__init__.py").write_text("")
    (target / "numerics" / "__init__.py").write_text("")
    (target / "numerics" / "caller.py").write_text(MODULE)
    write_callee(target, 2.0)
    return target


def write_callee(package, factor):
    path = package / "numerics" / "callee.py"
    path.write_text(CALLEE.format(factor=factor))
    os.utime(path, (1e9, 1e9))


def start(package, code=RUN, **environment):
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("NUMBA_", "XDG_"))}
    variables.update(PYTHONPATH=str(package.parent), PYTHONDONTWRITEBYTECODE="1", **environment)
    command = [sys.executable, "-W", "error", "-c", code]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=variables, cwd=package.parent, **pipes)


def finish(process):
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return json.loads(output)


def run(package, **environment):
    return finish(start(package, **environment))


def test_second_process_loads_what_the_first_compiled(package, tmp_path):
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    value, hits, misses, directory = run(package, **environment)
    assert (value, hits, misses) == (12.0, 0, 1)
    assert str(tmp_path) in directory
    assert run(package, **environment) == [12.0, 1, 0, directory]


def test_edited_callee_in_another_file_is_seen(package, tmp_path):
    cache = str(tmp_path / "cache")
    before = run(package, NUMBA_CACHE_DIR=cache)
    write_callee(package, 3.0)
    after = run(package, NUMBA_CACHE_DIR=cache)
    assert (before[0], after[0]) == (12.0, 18.0)
    assert after[1:3] == [0, 1]
    assert before[3] != after[3]


def test_fingerprint_follows_sources_and_compiler_settings(package, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_PACKAGE", package)
    monkeypatch.setattr(kernel_cache, "_STARTED", np.inf)
    seen = {kernel_cache.fingerprint()}
    assert kernel_cache.fingerprint() in seen
    (package / "numerics" / "new.py").write_text("")
    os.utime(package / "numerics" / "new.py", (1e9, 1e9))
    seen.add(kernel_cache.fingerprint())
    for name, value in [("BOUNDSCHECK", "yes"), ("LOOP_VECTORIZE", "no"), ("OPT", "little")]:
        with monkeypatch.context() as patch:
            patch.setattr(numba.config, name, value)
            seen.add(kernel_cache.fingerprint())
    assert len(seen) == 5


def test_source_edited_under_a_running_process_has_no_fingerprint(package, monkeypatch):
    monkeypatch.setattr(kernel_cache, "_PACKAGE", package)
    os.utime(package / "numerics" / "callee.py", (9e9, 9e9))
    with pytest.raises(OSError, match="was edited"):
        kernel_cache.fingerprint()
    kernel_cache.cache_directory.cache_clear()
    assert kernel_cache.cache_directory() is None
    kernel_cache.cache_directory.cache_clear()


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": "/dev/null/home", "NUMBA_CACHE_DIR": "/dev/null/cache"},
        {"HOME": "/dev/null/home"},
    ],
)
def test_nowhere_to_write(package, environment):
    for path in [*package.rglob("*"), package, package.parent]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    files = sorted(package.rglob("*"))
    environment = {"XDG_CACHE_HOME": "/dev/null/xdg", **environment}
    assert run(package, **environment)[:3] == [12.0, 0, 1]
    assert sorted(package.rglob("*")) == files
    for path in [package.parent, package, *package.rglob("*")]:
        path.chmod(0o755)


def empty(content):
    return b""


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def pickled_number(content):
    return content[:32] + pickle.dumps(3)


def add_one(x):
    return x + 1


@pytest.fixture
def directory(tmp_path, monkeypatch):
    """A cache directory for dispatchers of this process."""
    monkeypatch.setattr(kernel_cache, "cache_directory", lambda: str(tmp_path / "kernels"))
    return tmp_path / "kernels"


def call(argument):
    """Value, hits and misses of a dispatcher that knows nothing yet."""
    dispatcher = numba.njit(add_one)
    dispatcher._cache = kernel_cache.KernelCache(add_one)
    value = dispatcher(argument)
    stats = dispatcher.stats
    return value, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())


@needs_compiler
@pytest.mark.parametrize("damage", [empty, truncated, flipped, pickled_number])
def test_damaged_entries_are_replaced(directory, damage):
    assert call(1.0) == (2.0, 0, 1)
    (path,) = directory.iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert call(1.0) == (2.0, 0, 1)
    assert call(1.0) == (2.0, 1, 0)


@needs_compiler
def test_swapped_entries_are_replaced(directory):
    call(1.0)
    (path,) = directory.iterdir()
    assert call(1) == (2, 0, 1)
    (other,) = set(directory.iterdir()) - {path}
    shutil.copy(other, path)
    assert call(1.0) == (2.0, 0, 1)
    assert call(1) == (2, 1, 0)


@needs_compiler
def test_directory_in_place_of_an_entry(directory):
    call(1.0)
    (path,) = directory.iterdir()
    path.unlink()
    path.mkdir()
    assert call(1.0) == (2.0, 0, 1)


@needs_compiler
def test_directory_below_a_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kernel_cache, "cache_directory", lambda: str(tmp_path / "file" / "x"))
    assert call(1.0) == (2.0, 0, 1)


def test_two_cold_processes_at_once(package, tmp_path):
    cache = str(tmp_path / "cache")
    both = [start(package, NUMBA_CACHE_DIR=cache) for _ in range(2)]
    assert [finish(process)[0] for process in both] == [12.0, 12.0]
    assert run(package, NUMBA_CACHE_DIR=cache)[:3] == [12.0, 1, 0]
    directory = tmp_path / "cache" / "skvi"
    assert not [path for path in directory.rglob("*.*") if path.suffix != ".kernel"]


@needs_compiler
def test_directories_of_other_fingerprints_do_not_pile_up(directory):
    for age in range(20):
        old = directory.parent / f"old{age}"
        old.mkdir()
        os.utime(old, (1e9 - age, 1e9 - age))
    call(1.0)
    left = {path.name for path in directory.parent.iterdir()}
    assert left == {f"old{age}" for age in range(8)} | {directory.name}


def test_dispatcher_survives_pickling_to_another_process(package, tmp_path):
    dump = (
        "import pickle, pathlib; from skvi.numerics.caller import total\n"
        "pathlib.Path('total.pkl').write_bytes(pickle.dumps(total)); print(1)"
    )
    load = (
        "import pickle, pathlib, numpy\n"
        "print(pickle.loads(pathlib.Path('total.pkl').read_bytes())(numpy.arange(4.0)))"
    )
    environment = {"NUMBA_CACHE_DIR": str(tmp_path)}
    finish(start(package, dump, **environment))
    assert finish(start(package, load, **environment)) == 12.0


@needs_compiler
def test_functions_defined_elsewhere_stay_in_memory():
    @kernel
    def twice(x):
        return 2.0 * x

    assert twice(2.0) == 4.0
    assert twice.stats.cache_path is None
    assert not kernel_cache.KernelCache.covers(twice.py_func)
