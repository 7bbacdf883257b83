"""Sphinx configuration."""

from __future__ import annotations

import os
import re

os.environ.setdefault("MPLBACKEND", "Agg")

import skvi

project = "skvi"
author = "skvi developers"
copyright = "2026, skvi developers"
version = release = skvi.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "auto_examples/*.ipynb"]
suppress_warnings = ["config.cache"]

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
templates_path = ["_templates"]
myst_enable_extensions = ["dollarmath"]

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "ignore_pattern": r"quickstart\.py|__init__\.py",
    "download_all_examples": False,
    "show_memory": False,
    "plot_gallery": "True",
    "abort_on_example_error": True,
}

html_theme = "pydata_sphinx_theme"
html_title = "skvi"
html_theme_options = {
    "github_url": "https://github.com/skvi/skvi",
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
}


def _resolve_labels(app, what, name, obj, options, lines):
    """Lead labels of scikit-learn to its own pages."""
    guide = "https://scikit-learn.org/stable/modules/model_evaluation.html"
    for score in ("r2_score", "accuracy_score"):
        page = f"{guide}#{score.replace('_', '-')}"
        for number, line in enumerate(lines):
            lines[number] = re.sub(rf":ref:`([^<`]+) <{score}>`", rf"`\1 <{page}>`__", line)


def setup(app):
    """Hook in before numpydoc reads a docstring."""
    app.connect("autodoc-process-docstring", _resolve_labels, priority=100)
