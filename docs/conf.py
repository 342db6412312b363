"""Sphinx: the pages of this folder and the reference from the docstrings, as one site.

With the extra `docs` installed: `sphinx-build docs site`.
"""

project = "flexsite"
author = "flexsite contributors"
project_copyright = "flexsite contributors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
exclude_patterns = ["examples"]
html_theme = "alabaster"
autodoc_typehints = "none"
napoleon_google_docstring = False
suppress_warnings = ["myst.xref_missing"]
