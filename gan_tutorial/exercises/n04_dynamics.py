"""The exercises of notebook 04."""

import math

import torch
from torch import Tensor

from ..chapters import dynamics
from . import Exercise, filled, named


def solve_field(theta: Tensor, psi: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    # D climbs V - gamma/2 psi^2: its arrow loses gamma psi. G's does not change, for D alone pays the penalty
    slope = torch.sigmoid(psi * theta)
    return psi * slope, -theta * slope - gamma * psi


def mistake_of_field(field) -> str:
    theta, psi, gamma = torch.tensor(0.8).double(), torch.tensor(-0.5).double(), 0.6
    G, D = (filled(v) for v in filled(field(theta, psi, gamma)))
    (right_G, right_D), (plain_G, plain_D) = solve_field(theta, psi, gamma), dynamics.minimax(theta, psi)
    if torch.isclose(G, right_G) and torch.isclose(D, right_D):
        return ""
    if torch.isclose(G, -right_G):
        return "G climbs V. It descends: its arrow is minus the slope of V in theta."
    if not torch.isclose(G, plain_G):
        return f"at theta = 0.8, psi = -0.5 G's arrow is {right_G:.4f}, you say {G:.4f}. The penalty is D's alone."
    return named(
        D,
        (plain_D, "this is the game without a penalty."),
        (plain_D + gamma * psi, "D is paid for being steep. A penalty is taken away from V."),
        (plain_D - gamma / 2 * psi, "the penalty is gamma/2 psi^2: its slope has no half."),
        (plain_D - gamma / 2 * psi**2, "this takes away the penalty itself. An arrow takes away its slope."),
        other=f"at theta = 0.8, psi = -0.5, gamma = 0.6 D's arrow is {right_D:.4f}, you say {D:.4f}.",
    )


field_with_r1 = Exercise(
    mistake_of_field,
    solve_field,
    (
        "Without the penalty the arrows are (psi, -theta) times sigmoid(psi theta): equation (2).",
        "D climbs V minus the penalty, gamma/2 psi^2. What is the slope of that in psi?",
    ),
)


def solve_limit(eigenvalue: complex) -> float:
    # |1 + h lambda| < 1, squared: 1 + 2 h Re(lambda) + h^2 |lambda|^2 < 1
    return max(0.0, -2 * eigenvalue.real / abs(eigenvalue) ** 2)


def mistake_of_limit(limit) -> str:
    for eigenvalue in (-0.15 + 0.48j, -1.0 + 0j, -0.25 + 0.5j):
        h, right = float(filled(limit(eigenvalue))), solve_limit(eigenvalue)
        if math.isclose(h, right, rel_tol=1e-6):
            continue
        if math.isclose(h, -right, rel_tol=1e-6):
            return "the rate comes out negative: Re(lambda) is below 0 where the flow converges."
        if math.isclose(h, -2 / eigenvalue.real, rel_tol=1e-6):
            return "this is the limit for a real eigenvalue. The imaginary part turns, and turning lengthens a step."
        if math.isclose(2 * h, right, rel_tol=1e-6):
            return "half of it: at your rate the distance shrinks fastest; it still shrinks up to twice that."
        return f"for the eigenvalue {eigenvalue} the limit is {right:.4f}, you say {h:.4f}."
    for eigenvalue in (0.5j, 0.1 + 0.5j):
        if float(limit(eigenvalue)) != 0:
            return f"for the eigenvalue {eigenvalue} no rate works, so the limit is 0; you say {limit(eigenvalue):g}."
    return ""


largest_rate = Exercise(
    mistake_of_limit,
    solve_limit,
    (
        "It is equation (7). In Python lambda.real is the real part, abs(lambda) the modulus.",
        "And if the real part is not below 0? Then no rate works, and the answer is 0.",
    ),
)
