"""Experiments that the playground offers: what to see, the settings, when to halt; nightly tests check the outcomes."""

from typing import Any, NamedTuple


class Preset(NamedTuple):
    """A run worth watching."""

    see: str
    steps: int
    settings: dict[str, Any]
    changes: dict[int, dict[str, Any]] = {}
    start: int = 0  # rounds that have been played when it is first shown


_perfect = {"distribution": "disjoint", "optimiser": "SGD", "lr_D": 0.1, "lr_G": 0.1, "learns": "D"}
_then_both = {1000: {"learns": "both"}}

PRESETS = {
    "Learn the ring": Preset(
        "A heap of fakes becomes a hoop, and the hoop gathers at the eight modes. After a hundred rounds V and L "
        "hardly move.",
        1500,
        {},
    ),
    "Mode collapse: G learns too fast for D": Preset(
        "The fakes stay together and wander: at the end two modes at most are covered, and the JSD is above 0.55, of "
        "at most log 2. D says about ½ everywhere, and V and L lie on their dashed lines, as if all were well.",
        500,
        {"lr_D": 2e-4, "generator_steps": 5},
    ),
    "Its cure: a faster D": Preset(
        "The same, but D's rate is 25 times higher. The fakes spread, and all eight modes are covered.",
        500,
        {"lr_D": 5e-3, "generator_steps": 5},
    ),
    "No push: a perfect D, minimax": Preset(
        "A trained start: for 1,000 rounds only D has learnt, and it is sure of every fake. Now both play. The cost "
        "log(1 − D) is flat there: no arrows to be seen, and 75 rounds later the fakes have hardly moved. (Adam, which "
        "divides by the size of the gradient, does move them, but here not to the data.)",
        1075,
        {**_perfect, "objective": "minimax"},
        _then_both,
        start=1000,
    ),
    "Its cure: the non-saturating cost": Preset(
        "The same, but G pays −log D, whose pull is 1 − D, next to 1: long arrows from the first round "
        "together, and 75 rounds later the fakes have come most of the way to the data.",
        1075,
        _perfect,
        _then_both,
        start=1000,
    ),
    "A trained start: the ring, learnt": Preset(
        "1,000 rounds have been played (look back at them), and all eight modes are covered. Turn a knob and play on: "
        "another objective, a penalty, a rate ten times as high, or only one who learns.",
        0,
        {},
        start=1000,
    ),
    "A thread through the ring: 1-D noise": Preset(
        "G of one number is a curve. It runs through all eight modes, but cannot fill one.",
        1500,
        {"noise": "1-D Gaussian"},
    ),
    "Twenty-five modes": Preset(
        "A harder distribution for larger networks: relativistic, 128 samples per step. After 2,000 rounds most or "
        "all of the 25 modes are covered; many fakes still lie between them.",
        2000,
        {
            "distribution": "grid", "objective": "relativistic", "lr_D": 5e-3, "lr_G": 2e-3,
            "batch_size": 128, "layers_G": 4, "width_D": 128,
        },
    ),
}  # fmt: skip
