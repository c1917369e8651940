"""The book's pages that are made from other files: notebooks, figures on file, the API, the bibliography.

Git ignores them. Works are listed under "Sources" at the end of each notebook; where the text cites one (Goodfellow et
al. 2014), the book has a link to its bibliography.
"""

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import live

from gan_tutorial.pretrained import load_generator

ROOT = Path(__file__).parents[1]
NAME = r"[A-Z][\w’'-]+"
LINK = re.compile(r"\]\(\.\./(?:data/)?(results|gan_tutorial)/([\w/]+)\.(?:md|py)\)")
CITATION = re.compile(rf"({NAME})((?: et al\.|(?: &|, {NAME},? &| and) {NAME})?),? (\(?)((?:19|20)\d\d)\b(?!-)")

SHIPPED = ("00_start_here", "cell-05")  # the Sampler of the shipped generator
SAMPLER = """<iframe src="../_static/live/sampler.html" title="The Sampler, live in this page" loading="lazy"
width="100%" height="560" style="border: 0"></iframe>"""
CODE = """---
orphan: true
---

# {path}

```{{literalinclude}} /../{path}
```
"""


@dataclass
class Work:
    """A cited work: its line, and the notebooks whose sources it is among."""

    line: str
    title: str
    cited_in: list[str] = field(default_factory=list)


def sources(notebook: dict) -> list[str]:
    """The lines under "Sources"."""
    [listed] = filter(None, (before_sources(source(cell))[1] for cell in notebook["cells"]))
    return re.findall(r"^- (.*(?:\n  .*)*)", listed, re.M)


def source(cell: dict) -> str:
    return "".join(cell["source"])


def bibliography(notebooks: dict[str, dict]) -> dict[str, Work]:
    """Key, such as goodfellow-2014 -> work. Two works of one author and year have an a and a b behind it."""
    works: dict[str, Work] = {}
    for name, notebook in notebooks.items():
        lines = (" ".join(line.split()) for line in sources(notebook))
        for line in (part for whole in lines for part in re.split(r"[;.] (?=[A-Z]\. )", whole)):
            title = re.search(r"\*(.+?)\*", line)
            year = re.search(r"(?<![\d.:/])(?:19|20)\d\d(?![\d.]\d)", line.replace(title[0], "") if title else line)
            if not (title and year):
                continue
            author = re.split(r",| et al| (?:19|20)\d\d| &", line, maxsplit=1)[0].split()[-1]
            key = f"{author}-{year[0]}".lower()
            while key in works and not same(works[key].title, title[1]):
                key = f"{key[:-1]}{chr(ord(key[-1]) + 1)}" if key[-1].isalpha() else f"{key}b"
            work = works.setdefault(key, Work(line, title[1]))
            if len(line) > len(work.line):
                work.line, work.title = line, title[1]
            work.cited_in.append(name)
    return works


def same(one: str, other: str) -> bool:
    """Whether two titles are of one work: the shorter one may leave out what follows a colon."""
    short, long = sorted((re.sub(r"\W", "", title).lower() for title in (one, other)), key=len)
    return long.startswith(short)


def before_sources(text: str) -> tuple[str, str]:
    """A cell's text, and the list of sources at its end."""
    found = re.search(r"^(#+ |\*\*|<.*>)Sources", text, re.M)
    return (text[: found.start()], text[found.start() :]) if found else (text, "")


def cited(text: str, works: dict[str, Work], page: str = "../bibliography.md") -> tuple[str, list[str]]:
    """Markdown with its citations made links, and those that no work answers to. Code and links stay as they are."""
    unknown = []

    def link(match: re.Match) -> str:
        for name in re.findall(NAME, match[1] + match[2]):
            if (key := f"{name}-{match[4]}".lower()) in works:
                return f"[{match[0]}]({page}#{key})"
        unknown.append(match[0])
        return match[0]

    parts = re.split(r"(```.*?```|`[^`]*`|\$[^$]*\$|\[[^]]*\]\([^)]*\)|^#[^\n]*)", text, flags=re.S | re.M)
    parts[::2] = [CITATION.sub(link, part) for part in parts[::2]]
    return "".join(parts), unknown


def write(folder: Path) -> None:
    """All pages, in place of those that were there."""
    for name in ("notebooks", "results", "code", "api"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    notebooks = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))}
    works = bibliography(notebooks)
    for name, notebook in notebooks.items():
        for cell in notebook["cells"]:
            for kind, path in LINK.findall(source(cell)):
                if kind == "gan_tutorial":
                    page = folder / "code" / f"{path}.md"
                    page.parent.mkdir(parents=True, exist_ok=True)
                    page.write_text(CODE.format(path=f"gan_tutorial/{path}.py"), "utf-8")
            if (name, cell["id"]) == SHIPPED:
                cell["outputs"][0]["data"] = {"text/html": SAMPLER}
            if cell["cell_type"] == "markdown":
                told, listed = before_sources(relinked(source(cell)))
                cell["source"] = anchored(cell["id"], cited(told, works)[0] + listed)
        (folder / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook), "utf-8")
    (folder / "bibliography.md").write_text(references(works, notebooks), "utf-8")
    for path in sorted(ROOT.glob("data/results/*.md")):
        text = path.read_text("utf-8")
        title = "" if text.startswith("#") else f"# {path.stem}\n\n"
        (folder / "results" / path.name).write_text(f"---\norphan: true\n---\n\n{title}{text}", "utf-8")
    shutil.copy(ROOT / "data/results/quality.png", folder / "results")
    write_live(folder / "_static")
    for part, modules in parts().items():
        lines = [
            f"# {part}",
            "```{eval-rst}",
            *(f".. automodule:: {module}\n   :members:\n" for module in modules),
            "```",
        ]
        (folder / "api" / f"{part}.md").write_text("\n\n".join(lines), "utf-8")


def write_live(static: Path) -> None:
    """The numbers that the live Sampler needs."""
    (static / "live/weights.js").write_text(live.script(load_generator()), "utf-8")


def anchored(name: str, text: str) -> str:
    """A text cell that a link can lead to: its name stands behind its heading, or first."""
    heading, rest = re.match(r"(#.*\n)?([^\0]*)", text).groups()  # type: ignore[union-attr]
    return f'{heading or ""}\n<span id="{name}"></span>\n\n{rest}'


def finish(folder: Path) -> None:
    """Mend in the built pages what the theme and the notebooks' folds leave out for those who do not see or point, and
    give each code cell its id, for links."""
    for path in folder.rglob("*.html"):
        page = path.read_text("utf-8")
        if path.parent.name == "notebooks":
            notebook = json.loads((ROOT / "notebooks" / f"{path.stem}.ipynb").read_text("utf-8"))
            code = (cell["id"] for cell in notebook["cells"] if cell["cell_type"] == "code")
            page = re.sub(r'<div class="cell [^"]*docutils container"', lambda m: f'{m[0]} id="{next(code)}"', page)  # noqa: B023
        mended = page.replace(' role="heading">', ' role="heading" aria-level="2">')
        mended = mended.replace(' aria-label="Toggle hidden content"', "").replace("<pre>", '<pre tabindex="0">')
        mended = mended.replace(
            '<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Contents">'
        )
        path.write_text(mended, "utf-8")


def relinked(text: str) -> str:
    """Markdown with links that hold in the book: to the pages of source files; what the book has not, nowhere."""
    text = LINK.sub(lambda m: f"](../{m[1]}/{m[2]}.md)" if m[1] == "results" else f"](../code/{m[2]}.md)", text)
    return re.sub(r"\[([^]]*)\]\(\.\./(?!code|results)[^)]*\)", r"\1", text)


def references(works: dict[str, Work], notebooks: dict[str, dict]) -> str:
    """The bibliography as Markdown: each work once, and where it is a source."""
    lines = ["# Bibliography", "Every work that a notebook cites, and the notebooks that cite it."]
    for key, work in sorted(works.items()):
        where = ", ".join(f"[{name[:2]}](notebooks/{name}.ipynb)" for name in dict.fromkeys(work.cited_in))
        lines.append(f"({key})=\n{work.line} In {where}.")
    return "\n\n".join(lines) + "\n"


def parts() -> dict[str, list[str]]:
    """The parts of the API and their modules; the exercises, which hold the answers, are none of them."""
    package = ROOT / "gan_tutorial"
    core = ("objectives", "penalties", "networks", "training", "observers", "checkpoints", "metrics", "plots", "recipe")
    beside = ("distributions", "pictures", "sampling", "pretrained", "classifier", "distributed")
    below = {name: sorted(path.stem for path in package.glob(f"{name}/[a-z]*.py")) for name in ("chapters", "widgets")}
    return {
        "core": [f"gan_tutorial.{name}" for name in core],
        "beside": [f"gan_tutorial.{name}" for name in beside],
    } | {name: [f"gan_tutorial.{name}.{module}" for module in modules] for name, modules in below.items()}


def as_rst(lines: list[str]) -> list[str]:
    """A docstring's plain text as reStructuredText: what is indented is code or a formula, signs are signs."""
    out: list[str] = []
    for line in lines:
        indented = line.startswith("    ")
        if indented and not (out and out[-1].startswith("    ")) and "::" not in out[-2:]:
            out += ["", "::", ""]
        out.append(line if indented else re.sub(r"`([^`]+)`|([*|_\\`])", _word, line))
    return out


def _word(match: re.Match) -> str:
    return f"``{match[1]}``" if match[1] else "\\" + match[2]
