"""A question with buttons, which answers back; and a score that the questions of a notebook share."""

from collections.abc import Sequence

import ipywidgets as ipw
from ipywidgets import Layout

from ..checks import one_of
from .base import keeper

LETTERS = "ABCDEF"


class Score(ipw.HTML):
    """How many questions were answered rightly at the first try."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, bool] = {}  # name of a question -> whether its first answer was right
        self.value = repr(self)

    def note(self, name: str, right: bool) -> None:
        self.first.setdefault(name, right)
        self.value = repr(self)

    def __repr__(self) -> str:
        if not self.first:
            return "Score: no question is answered yet"
        return f"Score: {sum(self.first.values())} right at the first try, of {len(self.first)} answered"


class Question(ipw.VBox):
    """Options to choose from, in HTML, each with the reply to it; `right` is the place of the right one.

    A wrong choice is replied to, the right one reveals `answer` (HTML), and so does a button. Only the first
    choice counts for the score. Where no kernel runs, all of it stands there, the answer folded.
    """

    def __init__(self, text: str, options: Sequence[tuple[str, str]], right: int, answer: str, score: Score):
        one_of(range(1, len(LETTERS) + 1), **{"the number of options": len(options)})
        one_of(range(len(options)), right=right)
        self.text, self.options, self.right, self.answer, self.score = text, options, right, answer, score
        self.buttons = [
            ipw.Button(description=letter, layout=Layout(width="42px")) for letter in LETTERS[: len(options)]
        ]
        for k, button in enumerate(self.buttons):
            button.on_click(lambda _, k=k: self.choose(k))
        rows = [ipw.HBox([b, ipw.HTML(option)]) for b, (option, _) in zip(self.buttons, options, strict=True)]
        self.reply, self.revealed = (ipw.HTML().add_class("gan-reply") for _ in range(2))
        self.show = ipw.Button(description="Show me", tooltip="the answer, without a point")
        self.show.on_click(lambda _: self.reveal())
        super().__init__([ipw.HTML(f"<b>{text}</b>"), *rows, self.show, self.reply, self.revealed])
        keeper()

    def choose(self, k: int) -> None:
        self.score.note(self.text, k == self.right)
        if k == self.right:
            self.reveal()
        letter, (_, reply) = self.buttons[k].description, self.options[k]
        self.reply.value = f"<b>{letter}.</b> {reply} <i>({self.score!r}.)</i>"

    def reveal(self) -> None:
        self.score.note(self.text, False)
        self.show.layout.display = "none"
        self.revealed.value = self.answer

    def _repr_mimebundle_(self, **kwargs) -> dict:
        letters = [button.description for button in self.buttons]
        options, replies = (
            "<br>".join(f"{letter}. {line}" for letter, line in zip(letters, lines, strict=True))
            for lines in zip(*self.options, strict=True)
        )
        page = (
            f"<p><b>{self.text}</b></p><p>{options}</p>"
            f"<details><summary>The answer</summary><p><b>{letters[self.right]}</b></p>{self.answer}"
            f"<p>{replies}</p></details>"
        )
        return super()._repr_mimebundle_(**kwargs) | {"text/html": page}

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.text!r} with {len(self.options)} options"
