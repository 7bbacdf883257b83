"""Compiled kernels on disk, one file for each function and signature.

The directory is named after a fingerprint of every source file of the package and of whatever else
decides about the machine code, so an edited callee in another file is never missed (numba's own
cache stamps the caller's file alone). Each file carries a digest of its own content and key: what
is truncated, swapped or written by somebody else counts as absent, and is written anew.
Nothing here ever stops a kernel from running: without a usable directory it is compiled in
memory.
"""

from __future__ import annotations

import functools
import hashlib
import os
import pickle
import platform
import shutil
import sys
import time
import uuid
from pathlib import Path

import llvmlite
import numba
import numpy as np
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps
from numba.misc.appdirs import AppDirs

__all__ = ["KernelCache", "cache_directory", "fingerprint"]

_PACKAGE = Path(__file__).resolve().parents[1]
_KEPT = 8  # directories of other fingerprints left in place
_STARTED = time.time()
_SETTINGS = ("BOUNDSCHECK", "OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "DEBUGINFO_DEFAULT")


class KernelCache(_Cache):
    """Cache of the compiled versions of one function.

    Parameters
    ----------
    function : callable
        The Python function.
    """

    def __init__(self, function):
        self._function = function
        self._enabled = True

    @staticmethod
    def covers(function):
        """Whether the fingerprint covers the source of a function."""
        return Path(function.__code__.co_filename).resolve().is_relative_to(_PACKAGE)

    @property
    def cache_path(self):
        """Directory of the compiled code, or None."""
        return cache_directory()

    def enable(self):
        """Use the directory."""
        self._enabled = True

    def disable(self):
        """Leave the directory alone."""
        self._enabled = False

    def flush(self):
        """Do nothing: entries are only ever replaced."""

    def load_overload(self, sig, target_context):
        """Return the compiled version for a signature, or None."""
        target_context.refresh()
        try:
            key = self._key(sig, target_context.codegen())
            content = self._path(key).read_bytes()
            payload = content[_DIGEST_SIZE:]
            if content[:_DIGEST_SIZE] != _digest(key, payload):
                return None
            return CompileResult._rebuild(target_context, *pickle.loads(payload))
        except Exception:
            return None

    def save_overload(self, sig, data):
        """Write the compiled version for a signature, if that is possible."""
        try:
            key = self._key(sig, data.codegen)
            if data.library.has_dynamic_globals or any(not x.can_cache for x in data.lifted):
                return
            payload = dumps(data._reduce())
            _write(self._path(key), _digest(key, payload) + payload)
        except Exception:
            # No directory, a full disk, something that cannot be pickled: stay in memory.
            return

    def _key(self, sig, codegen):
        code, cells = self._function.__code__, self._function.__closure__ or ()
        values = tuple(cell.cell_contents for cell in cells)
        key = repr((code.co_filename, code.co_qualname, code.co_firstlineno, values, sig))
        if " at 0x" in key:
            raise ValueError("An address in memory means nothing to another process.")
        return key + repr(codegen.magic_tuple())

    def _path(self, key):
        directory = cache_directory() if self._enabled else None
        if directory is None:
            raise FileNotFoundError
        name = hashlib.sha256(key.encode()).hexdigest()[:20]
        return Path(directory, f"{self._function.__name__}-{name}.kernel")


_DIGEST_SIZE = hashlib.sha256().digest_size


def _digest(key, payload):
    return hashlib.sha256(key.encode() + b"\0" + payload).digest()


def _write(path, content):
    """Write a file in one step: other processes see all of it or nothing."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        _prune(path.parent)
    partial = path.with_suffix(f".{uuid.uuid4().hex[:12]}")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _prune(current):
    """Remove all but the latest directories of other fingerprints."""
    others = [path for path in current.parent.iterdir() if path.is_dir() and path != current]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[_KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


@functools.lru_cache(maxsize=1)
def cache_directory():
    """Directory of compiled kernels.

    Returns
    -------
    str or None
        None where there is no home directory, or where there is no fingerprint. It need not exist
        yet.
    """
    base = numba.config.CACHE_DIR
    root = Path(base, "skvi") if base else Path(AppDirs("skvi", appauthor=False).user_cache_dir)
    try:
        return str(root / fingerprint()) if root.is_absolute() or base else None
    except OSError:
        return None


def fingerprint():
    """Hash of all sources of the package and of what else decides about the machine code.

    Returns
    -------
    str

    Raises
    ------
    OSError
        If the sources cannot be read, as from a zip file, or were edited under a running process.
    """
    result = hashlib.sha256()
    versions = [sys.version, platform.machine()]
    versions += [module.__version__ for module in (numba, llvmlite, np)]
    versions += [str(getattr(numba.config, name, None)) for name in _SETTINGS]
    result.update("\n".join(versions).encode())
    for path in _sources(str(_PACKAGE)):
        with open(path, "rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_mtime > _STARTED:
                raise OSError(f"{path} was edited after this process may have imported it.")
            result.update(path[len(str(_PACKAGE)) :].encode() + b"\0" + file.read())
    return result.hexdigest()[:20]


def _sources(folder):
    """Paths of all Python files below a folder, in a fixed order."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir():
                yield from _sources(entry.path)
            elif entry.name.endswith(".py"):
                yield entry.path
