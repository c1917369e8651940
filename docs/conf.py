"""The book: `make book` has Sphinx read this file and write build/book, which opens from disk, without a network."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import pages  # noqa: E402
import slides  # noqa: E402

import gan_tutorial  # noqa: E402, the checkout's own

project = "Generative adversarial networks, by playing"
author = "The gan_tutorial authors"
copyright = "the gan_tutorial authors. Text: CC BY 4.0, code: MIT"
version = release = gan_tutorial.__version__
html_title = f"GANs, by playing {version}"

extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["_static"]
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]

# Notebooks are shown as they were saved: no kernel, and the stills and live pages in place of the panels.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_mime_priority_overrides = [("html", "application/vnd.jupyter.widget-view+json", None)]

# Nothing comes from another host, and nothing is fetched, which a page from disk may not do.
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_show_search_summary = False
html_copy_source = html_show_sourcelink = False
mathjax_path = "mathjax/tex-svg.js"

autodoc_inherit_docstrings = False  # torch speaks another dialect
autodoc_member_order = "bysource"
autodoc_typehints = "signature"


def setup(app) -> None:
    app.add_directive("slide", slides.Box)
    app.connect("builder-inited", lambda app: pages.write(Path(app.srcdir)))
    app.connect("build-finished", lambda app, error: error or pages.finish(Path(app.outdir)))
    app.connect("autodoc-process-docstring", lambda *event: event[-1].__setitem__(slice(None), pages.as_rst(event[-1])))
