"""Buttons and sliders around pictures, networks and runs.

Each widget here is live in JupyterLab, and a still picture of itself where no kernel runs: on a code host, in a
saved page. Pictures are PNG files in one image, so nothing flickers; the browser keeps one message in flight and
merges the rest, and what plays waits for its answers, so nothing queues.
"""

from .base import Panel, Picture, Pictured, compact, show
from .eraser import Eraser
from .playground import Playground
from .question import Question, Score
from .run_view import RunView
from .sampler import Sampler
from .scrubber import Scrubber
from .trainer import Trainer

__all__ = [
    "Eraser",
    "Panel",
    "Picture",
    "Pictured",
    "Playground",
    "Question",
    "RunView",
    "Sampler",
    "Score",
    "Scrubber",
    "Trainer",
    "compact",
    "show",
]
