"""`make slides`: a deck for each notebook, from its page of the teacher's guide, in one folder that needs no network.

In a page of docs/teaching, a slide is a block

    ```{slide} The title
    :cell: cell-05
    - what stands on the slide

    +++
    What the speaker says.
    ```

The cell is one of the notebook, by its id; what the slide shows of it is its saved picture or text. `:show: code` shows
its source, `:show: nothing` nothing. In the guide itself the block is a box with both texts.
"""

import html
import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pages
from docutils import nodes
from docutils.parsers.rst import directives
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sphinx.util.docutils import SphinxDirective

HERE = Path(__file__).parent
ROOT = HERE.parent
BLOCK = re.compile(r"^```\{slide\} ([^\n]+)\n:cell: (\S+)\n(?::show: (code|nothing)\n)?(.*?)^```$", re.M | re.S)
DECK = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="_static/reveal/reset.css">
<link rel="stylesheet" href="_static/reveal/reveal.css">
<link rel="stylesheet" href="_static/slides.css">
<div class="reveal"><main class="slides">
{slides}
</main></div>
<script>MathJax = {{ tex: {{ inlineMath: [["\\\\(", "\\\\)"]] }}, options: {{ enableMenu: false }} }};</script>
<script src="_static/mathjax/tex-svg.js"></script>
<script src="_static/reveal/reveal.js"></script>
<script src="_static/reveal/notes.js"></script>
<script>Reveal.initialize({{ width: 1280, height: 720, margin: 0, hash: true, transition: "none", slideNumber: "c/t",
plugins: [RevealNotes] }});</script>
</html>
"""


@dataclass
class Slide:
    title: str
    cell: str  # the id of a cell
    show: str  # "code", "nothing", or "" for what the cell put out
    text: str  # Markdown
    notes: str  # Markdown


def read(guide: str) -> list[Slide]:
    """The slides of a page of the guide."""
    found = []
    for title, cell, show, body in BLOCK.findall(guide):
        text, _, notes = body.partition("\n+++\n")
        found.append(Slide(title, cell, show, text.strip(), notes.strip()))
    return found


def rendered(markdown: str) -> str:
    """Markdown as HTML; formulas are left to MathJax."""
    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin, renderer=formula).render(markdown)


def formula(text: str, options: dict) -> str:
    left, right = ("\\[", "\\]") if options["display_mode"] else ("\\(", "\\)")
    return f"{left}{html.escape(text)}{right}"


def shown(cell: dict, how: str, live: bool) -> str:
    """What a slide shows of a cell, as HTML: its source, the picture or text that it put out, or nothing."""
    if how == "nothing" or cell["cell_type"] == "markdown":
        return ""
    if how == "code":
        return f'<pre tabindex="0"><code>{html.escape(pages.source(cell))}</code></pre>'
    if live:
        return pages.SAMPLER.replace("../", "")
    parts, printed = [], []
    for output in cell["outputs"]:
        data = output.get("data", {})
        if "image/png" in data:
            alt = html.escape(output["metadata"].get("image/png", {}).get("alt", ""), quote=True)
            parts.append(f'<img alt="{alt}" src="data:image/png;base64,{"".join(data["image/png"]).strip()}">')
        elif "text/html" in data:
            parts.append("".join(data["text/html"]))
        elif output["output_type"] == "stream":
            printed.append("".join(output["text"]))
    if printed and not parts:
        text = "".join(printed).rstrip()
        size = min(20, 1300 // max(map(len, text.splitlines())))  # pixels, so that the longest line fits
        parts = [f'<pre tabindex="0" style="font-size: {size}px">{html.escape(text)}</pre>']
    return "\n".join(parts)


def deck(name: str, notebook: dict, slides: list[Slide], book: str) -> str:
    """The page of a notebook's slides; `book` is where the book's pages are, seen from it."""
    cells = {cell["id"]: cell for cell in notebook["cells"]}
    sections = []
    for slide in slides:
        if slide.cell not in cells:
            raise ValueError(f"docs/teaching/{name}.md: the slide '{slide.title}' shows the cell {slide.cell}, "
                             "which the notebook has not. Give the id of one that it has.")  # fmt: skip
        picture = shown(cells[slide.cell], slide.show, (name, slide.cell) == pages.SHIPPED)
        link = f'<a class="cell" href="{book}notebooks/{name}.html#{slide.cell}">{name[:2]}, cell {slide.cell}</a>'
        parts = [f"<h2>{rendered(slide.title)[3:-5]}</h2>", f'<div class="body"><div>{rendered(slide.text)}</div>']
        parts += [f'<div class="shown">{picture}</div></div>' if picture else "</div>", link]
        parts += [f'<aside class="notes">{rendered(slide.notes)}</aside>']
        sections.append("<section>\n" + "\n".join(parts) + "\n</section>")
    title = pages.source(notebook["cells"][0]).partition("\n")[0].strip("# ")
    return DECK.format(title=html.escape(title), slides="\n".join(sections))


def write(folder: Path, book: str = "../book/") -> None:
    """All decks, with what they need beside them."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "_static", folder / "_static")
    pages.write_live(folder / "_static")
    made = []
    for guide in sorted(HERE.glob("teaching/[0-9]*.md")):
        notebook = json.loads((ROOT / "notebooks" / f"{guide.stem}.ipynb").read_text("utf-8"))
        slides = read(guide.read_text("utf-8"))
        (folder / f"{guide.stem}.html").write_text(deck(guide.stem, notebook, slides, book), "utf-8")
        made.append(f'<li><a href="{guide.stem}.html">{guide.stem}</a>, {len(slides)} slides</li>')
    index = (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Slides</title><main><h1>Slides</h1><ul>{}</ul></main>"
    )
    (folder / "index.html").write_text(index.format("\n".join(made)), "utf-8")


class Box(SphinxDirective):
    """A slide in the guide: its title, its text, and what to say."""

    has_content, required_arguments, final_argument_whitespace = True, 1, True
    option_spec = {"cell": directives.unchanged_required, "show": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        lines = list(self.content)
        middle = lines.index("+++") if "+++" in lines else len(lines)
        box = nodes.admonition(classes=["slide"])
        box += nodes.title("", *self.parse_inline(f"Slide: {self.arguments[0]}")[0])
        box += self.parse_text_to_nodes("\n".join(lines[:middle]))
        box += self.parse_text_to_nodes("\n".join(["", "*Say:*", "", *lines[middle + 1 :]]))
        return [box]


if __name__ == "__main__":
    write(Path(sys.argv[1]))
