"""What a learner opens: short enough for the time it states, plain, and told to those who cannot see its pictures."""

import ast
import html
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

FINISHED = tuple(f"{k:02d}" for k in range(15))  # those that keep the rules below
ALL = sorted(Path(__file__).parents[1].glob("notebooks/*.ipynb"))
NOTEBOOKS = [path for path in ALL if path.stem[:2] in FINISHED]
NOT_COUNTED = ("Exercises", "Sources")
AVOIDED = {"law": "distribution", "laws": "distributions", "judge": "discriminator or classifier", "bell": "normal"}
AVOIDED |= {"judges": "discriminators", "bells": "normal distributions", "she": "it", "her": "its", "NIPS": "NeurIPS"}
AVOIDED |= {"fined": "penalised", "fines": "penalties", "bonds": "constraints", "simply": "", "obviously": ""}


def source(cell: dict) -> str:
    return "".join(cell["source"])


def is_hidden(cell: dict) -> bool:
    return cell["metadata"].get("jupyter", {}).get("source_hidden", False)


def pictures(cell: dict) -> list[dict]:
    return [output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]


def alt(output: dict) -> str:
    return output["metadata"].get("image/png", {}).get("alt", "")


def told(cells: list[dict]) -> tuple[str, int]:
    """What a reader is to read: the text, with captions, and the number of lines of code that are seen.

    Exercises, sources and what is folded away do not count.
    """
    texts, lines, counts = [], 0, True
    for cell in cells:
        if cell["cell_type"] == "code":
            if counts:
                texts += [alt(output) for output in pictures(cell)]
                lines += 0 if is_hidden(cell) else sum(bool(line.strip()) for line in source(cell).splitlines())
            continue
        for part in re.split(r"^(?=#+ )", re.sub(r"(?s)<details.*?</details>", "", source(cell)), flags=re.MULTILINE):
            if heading := re.match(r"(#+) (.*)", part):
                counts = not any(name in heading[2] for name in NOT_COUNTED)
            if counts:
                texts.append(part)
    return "\n".join(texts), lines


def words(text: str) -> int:
    """A formula counts as one word, a link as those that are seen."""
    text = re.sub(r"(?s)\$\$.*?\$\$|\$[^$]+\$", " formula ", html.unescape(re.sub(r"</?[a-z][^<>]*>", " ", text)))
    return len(re.findall(r"\w[\w'’.\-]*", re.sub(r"\]\([^)]*\)", " ", text)))


def test_a_sign_of_order_is_no_tag():
    assert words("where $a$ < 1 and it is $b$ > 2, and <b>so on</b>") == 11


def minutes_to_read(cells: list[dict]) -> int:
    text, lines = told(cells)
    return round(words(text) / 150 + lines / 15)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem[:2])
def test_what_a_cell_prints_is_one_output(path):  # JupyterLab 4.3 takes the second part of two twice
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        names = [output.get("name") for output in cell.get("outputs", [])]
        assert not [name for name, after in pairwise(names) if name == after == "stdout"], cell["id"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
class TestNotebook:
    @pytest.fixture
    def cells(self, path):
        return json.loads(path.read_text("utf-8"))["cells"]

    def test_is_short_and_says_how_long_it_takes(self, cells):
        text, lines = told(cells)
        assert words(text) <= 2500 and lines <= 200, f"{words(text)} words and {lines} lines of code"
        stated = re.search(r"\*\*Time\*\* (\d+) minutes to read", source(cells[0]))
        assert stated, "the first cell says: **Time** 15 minutes to read; ..."
        assert int(stated[1]) == minutes_to_read(cells)

    def test_cells_are_short(self, cells):
        seen = [cell for cell in cells if cell["cell_type"] == "code" and not is_hidden(cell)]
        assert not [cell["id"] for cell in seen if source(cell).count("\n") >= 25]

    def test_what_is_folded_away_is_so_everywhere(self, cells):
        for cell in cells:
            assert is_hidden(cell) == ("hide-input" in cell["metadata"].get("tags", [])), cell["id"]

    def test_cells_that_only_assert_are_folded_away(self, cells):
        for cell in cells:
            if cell["cell_type"] == "code" and "exercise." not in source(cell) and not is_hidden(cell):
                try:
                    statements = ast.parse(source(cell)).body
                except SyntaxError:  # a line for IPython
                    continue
                assert not all(isinstance(statement, ast.Assert | ast.For) for statement in statements), cell["id"]

    def test_each_picture_is_told(self, cells):
        for cell in cells:
            for output in pictures(cell):
                assert len(alt(output).split()) >= 5, f"cell {cell['id']}: widgets.show(caption) gives it its text"

    def test_words_are_the_fields(self, cells):
        text = "\n".join(source(cell) for cell in cells) + told(cells)[0]
        for word, better in AVOIDED.items():
            found = re.search(rf"\b{word}\b", text)
            assert not found, f"'{word}' ({better}): {text[max(0, found.start() - 60) : found.end() + 60]}"
