"""The playground of notebook 03: `panel` has the controls, `game` plays, `stage` (and stage.js) draws, `presets` are
runs worth watching."""

from .panel import Playground

__all__ = ["Playground"]
