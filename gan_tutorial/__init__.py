"""Two players (networks) play a game (an objective) by training.

    import gan_tutorial as gt

offers what notebooks need; `__init__.pyi` lists it. A name is loaded when it is first used, so neither matplotlib
nor ipywidgets is loaded before that. The core, in the order of reading:

    objectives   what D earns and G pays        penalties    what D pays for being steep
    networks     the two players                training     the game itself
    observers    look at a run                  checkpoints  keep a run
    metrics      measure what came out          plots        see what came out
    recipe       the run of notebook 07, as one dataclass

Beside it: checks (what is said at the door), sampling (look at a network without changing it), distributions and
pictures (what is real), distributed (several processes), classifier (the network that measures), pretrained (the
shipped weights). On top: chapters, a module for the subject of a notebook; exercises, a module per notebook;
experiments, whose runs the notebooks show; break_it_lab, the broken lines of notebook 09; widgets.
"""

import lazy_loader

from . import _process

_process.tune()

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
