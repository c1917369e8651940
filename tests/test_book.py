"""The book's pages that are made from the notebooks: citations and the bibliography."""

import json
import sys
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "docs"))
import pages  # noqa: E402

NOTEBOOKS = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))}
WORKS = pages.bibliography(NOTEBOOKS)


@pytest.mark.parametrize("name", NOTEBOOKS, ids=lambda name: name[:2])
def test_every_work_that_a_notebook_cites_is_among_its_or_another_s_sources(name):
    for cell in NOTEBOOKS[name]["cells"]:
        if cell["cell_type"] == "markdown":
            _, unknown = pages.cited(pages.before_sources(pages.source(cell))[0], WORKS)
            assert not unknown, (cell["id"], unknown)


def test_a_work_stands_in_the_bibliography_once():
    assert len(WORKS) > 80 and "14_gan_vae_diffusion" in WORKS["goodfellow-2014"].cited_in
    assert not [(a.title, b.title) for a, b in combinations(WORKS.values(), 2) if pages.same(a.title, b.title)]


def test_citations_become_links_and_code_and_formulas_stay():
    text = "As Goodfellow et al. (2014) say, `Heusel et al. 2017` and $Adam 2015$; [Brock et al. 2019](x) (Lin 1991).\n"
    linked, unknown = pages.cited(text, WORKS)
    assert "[Goodfellow et al. (2014](../bibliography.md#goodfellow-2014)" in linked
    assert "`Heusel et al. 2017`" in linked and "[Brock et al. 2019](x)" in linked and not unknown
    assert "([Lin 1991](../bibliography.md#lin-1991))" in linked
