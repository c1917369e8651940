"""The exercises of notebook 04."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor

from ..chapters import dynamics
from . import Exercise, Open, Recall
from .inputs import numbers

Arrows = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def double(pair) -> tuple[Tensor, Tensor]:
    """Whatever a learner's function returned for theta and psi, as tensors."""
    theta, psi = (torch.as_tensor(part).detach().double() for part in pair)
    return theta, psi


def draw_paths(paths: dict[str, tuple[Tensor, Tensor]], limit: float = 2.2):
    """Paths (theta, psi) in the plane, by what they are called."""
    figure, ax = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
    for (label, (theta, psi)), style in zip(paths.items(), ("k.-", "k:", "k--"), strict=False):
        ax.plot(theta, psi, style, lw=1, ms=3, label=label)
        ax.plot(theta[0], psi[0], "D", color="#009E73", ms=7)
    ax.plot(0, 0, "o", color="k", ms=12, mfc="none", mew=2)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="θ (G)", ylabel="ψ (D)")
    ax.legend(loc="upper right", fontsize=9)
    plt.close(figure)
    return figure


# 04.1


def solve_field(theta: Tensor, psi: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    # D climbs V - gamma/2 psi^2: its arrow loses gamma psi. G's stays as it was, for D alone pays the penalty
    slope = torch.sigmoid(psi * theta)
    return psi * slope, -theta * slope - gamma * psi


def solve_field_by_autograd(theta: Tensor, psi: Tensor, gamma: float) -> tuple[Tensor, Tensor]:
    w = torch.stack([theta, psi]).requires_grad_()
    V = F.logsigmoid(-w[0] * w[1]).sum()
    penalty = gamma / 2 * w[1].square().sum()
    (slope,) = torch.autograd.grad(V - penalty, w)
    return -slope[0], slope[1]


def field(arrow_G: Callable, arrow_D: Callable) -> Callable:
    """A wrong field: both arrows by what they are made of, theta, psi, gamma and s = sigmoid(psi theta)."""

    def wrong(theta, psi, gamma):
        s = torch.sigmoid(psi * theta)
        return arrow_G(theta, psi, gamma, s), arrow_D(theta, psi, gamma, s)

    return wrong


def right_G(theta, psi, gamma, s):
    return psi * s


def right_D(theta, psi, gamma, s):
    return -theta * s - gamma * psi


def exp_in_both(theta, psi, gamma):
    s = (psi * theta).exp() / (1 + (psi * theta).exp())
    return psi * s, -theta * s - gamma * psi


def charged_at_the_fake(theta, psi, gamma):
    p = psi.clone().requires_grad_()
    s = torch.sigmoid(p * theta)
    (slope,) = torch.autograd.grad(gamma / 2 * (p * s * (1 - s)).square().sum(), p)
    return psi * s.detach(), -theta * s.detach() - slope


def draw_field(my_field: Callable):
    def v(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        return double(my_field(theta, psi, 0.3))

    yours = dynamics.trajectory(dynamics.alternating(v, 0.2, 0.2), 1.0, -1.0, 200)
    without = dynamics.trajectory(dynamics.alternating(dynamics.minimax, 0.2, 0.2), 1.0, -1.0, 40)
    return draw_paths({"your field, γ = 0.3": yours, "without a penalty": without})


field_with_r1 = Exercise(
    number="04.1",
    level="complete",
    minutes=3,
    solutions=(solve_field, solve_field_by_autograd),
    derivation="D climbs V − γψ²/2: ∂/∂ψ gives −θ σ(ψθ) − γψ. G descends V, in which the penalty does not stand: ψ "
    "σ(ψθ).",
    parts=("G's arrow", "D's arrow"),
    inputs=lambda: [
        (number(0.8), number(-0.5), 0.6),
        (number(-1.2), number(0.7), 0.25),
        (numbers(0.3, -2.0, 1.5, 0.0), numbers(1.4, -0.6, 0.0, -2.5), 1.5),
        (numbers(-0.4, 0.9, 30.0), numbers(-1.7, 2.2, 40.0), 3.0),
    ],
    mistakes=(
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s),
            "this is the game without a penalty: D's arrow should lose the penalty's slope.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s + gamma * psi),
            "D is paid for being steep. A penalty is taken away from V.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma / 2 * psi),
            "the penalty is γψ²/2. Its slope in ψ has no half left.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - 2 * gamma * psi),
            "this is the slope of γψ². The penalty has a half in front.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma / 2 * psi**2),
            "this takes away the penalty itself. An arrow takes away its slope.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma * psi**2),
            "the penalty's slope is no square: for ψ < 0 it has to turn its sign. Differentiate γψ²/2 in ψ.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - 2 * gamma * psi**2),
            "2γψ² is no slope: for ψ < 0 it should turn its sign. Differentiate γψ²/2 in ψ.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma * psi.abs()),
            "with |ψ| a D that is tilted to the left is pushed further to the left. The slope of ψ² has ψ's sign.",
        ),
        (
            field(lambda theta, psi, gamma, s: -psi * s, right_D),
            "G climbs V. It descends: its arrow is minus the slope of V in θ.",
        ),
        (
            field(lambda theta, psi, gamma, s: psi * s - gamma * psi, right_D),
            "G's arrow has the penalty in it, too. D alone pays it.",
        ),
        (
            field(lambda theta, psi, gamma, s: psi * s - gamma * theta, right_D),
            "G pays for a large θ. The penalty is on D's slope ψ, and D alone pays it.",
        ),
        (
            field(lambda theta, psi, gamma, s: psi * (1 - s), right_D),
            "this is G's arrow in the non-saturating game. In minimax it is ψ σ(ψθ), equation (2).",
        ),
        (
            field(
                lambda theta, psi, gamma, s: psi * (1 - s),
                lambda theta, psi, gamma, s: -theta * (1 - s) - gamma * psi,
            ),
            "the sigmoid has the wrong sign inside: f'(t) = σ(−t), at t = −ψθ.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: theta * s - gamma * psi),
            "without the penalty D would descend V here. It climbs: its arrow is ∂V/∂ψ.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: (-theta - gamma * psi) * s),
            "the penalty is multiplied by the sigmoid, too. It stands beside V, not inside f.",
        ),
        (
            field(lambda theta, psi, gamma, s: psi, lambda theta, psi, gamma, s: -theta - gamma * psi),
            "these are the arrows of Wasserstein's game with the penalty. In minimax ψ and −θ are multiplied by σ(ψθ).",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma * theta),
            "D loses γθ here. The penalty is γψ²/2: its slope in ψ is asked for.",
        ),
        (
            field(lambda theta, psi, gamma, s: psi * s - gamma * theta, lambda theta, psi, gamma, s: -theta * s),
            "G pays γθ, and D pays nothing. The penalty is D's, and on ψ.",
        ),
        (
            field(
                lambda theta, psi, gamma, s: psi / 2,
                lambda theta, psi, gamma, s: -theta / 2 - gamma * psi,
            ),
            "this is the linear part near (0, 0), with ½ for the sigmoid. The field itself has σ(ψθ).",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma * theta**2 * psi),
            "the square of the fake's score ψθ is charged here. The penalty is on D's slope ψ.",
        ),
        (
            field(right_G, lambda theta, psi, gamma, s: -theta * s - gamma / 16 * psi),
            "charged is the slope of the probability σ(ψx). The penalty is on the slope of the score, ψ.",
        ),
        (
            field(
                lambda theta, psi, gamma, s: psi * s.log(), lambda theta, psi, gamma, s: -theta * s.log() - gamma * psi
            ),
            "log σ stands where its slope belongs: f'(t) = σ(−t).",
        ),
        (
            field(
                lambda theta, psi, gamma, s: psi * s * (1 - s),
                lambda theta, psi, gamma, s: -theta * s * (1 - s) - gamma * psi,
            ),
            "σ (1 − σ) is the slope of σ. V has log σ in it, with the slope σ(−t).",
        ),
        (
            exp_in_both,
            "exp(ψθ) / (1 + exp(ψθ)) is ∞ / ∞ where ψθ is large. torch.sigmoid does not overflow.",
        ),
        (field(right_D, right_G), "the two arrows are exchanged: first G's, then D's."),
        (
            charged_at_the_fake,
            "charged is the slope of the probability σ(ψx) at the fake. The penalty is on the slope of the score, "
            "which is ψ everywhere.",
        ),
        (
            field(lambda theta, psi, gamma, s: psi * s / 2, right_D),
            "G's arrow is half of what it should be. The ½ in γψ²/2 is the penalty's, and G has none.",
        ),
    ),
    hints=(
        "Without the penalty D's arrow is −θ σ(ψθ), equation (2); in the frame, `-theta * slope`.",
        "D climbs V minus the penalty γψ²/2. What is the slope of the penalty in ψ? It is taken away from D's arrow.",
    ),
    insight="The penalty pulls ψ back to 0 wherever D is tilted, also after the fakes have arrived: that is the "
    "damping which the circle lacks.",
    reward=draw_field,
)


# 04.2


def solve_alternating(v: Arrows, theta: Tensor, psi: Tensor, h_G: float, h_D: float) -> tuple[Tensor, Tensor]:
    psi = psi + h_D * v(theta, psi)[1]
    # G answers the D that has just moved: its arrow is asked for again
    theta = theta + h_G * v(theta, psi)[0]
    return theta, psi


def solve_alternating_by_rule(v: Arrows, theta: Tensor, psi: Tensor, h_G: float, h_D: float) -> tuple[Tensor, Tensor]:
    return dynamics.alternating(v, h_G, h_D)(theta, psi)


def simultaneous_step(v, theta, psi, h_G, h_D):
    arrow_G, arrow_D = v(theta, psi)
    return theta + h_G * arrow_G, psi + h_D * arrow_D


def G_first(v, theta, psi, h_G, h_D):
    theta = theta + h_G * v(theta, psi)[0]
    return theta, psi + h_D * v(theta, psi)[1]


def D_twice(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    psi = psi + h_D * v(theta, psi)[1]
    return theta + h_G * v(theta, psi)[0], psi


def D_again(v, theta, psi, h_G, h_D):
    """Both arrows are asked for again after D has moved, and D follows its second one, too."""
    return simultaneous_step(v, theta, psi + h_D * v(theta, psi)[1], h_G, h_D)


def D_at_its_own_answer(v, theta, psi, h_G, h_D):
    arrow_G, arrow_D = v(theta, psi + h_D * v(theta, psi)[1])
    return theta + h_G * arrow_G, psi + h_D * arrow_D


def in_halves(v, theta, psi, h_G, h_D):
    psi = psi + h_D / 2 * v(theta, psi)[1]
    theta = theta + h_G * v(theta, psi)[0]
    return theta, psi + h_D / 2 * v(theta, psi)[1]


def each_answers(v, theta, psi, h_G, h_D):
    theta_, psi_ = simultaneous_step(v, theta, psi, h_G, h_D)
    return theta + h_G * v(theta, psi_)[0], psi + h_D * v(theta_, psi)[1]


def after_a_trial(v, theta, psi, h_G, h_D):
    arrow_G, arrow_D = v(*simultaneous_step(v, theta, psi, h_G, h_D))
    return theta + h_G * arrow_G, psi + h_D * arrow_D


def half_way(v, theta, psi, h_G, h_D):
    old, (_, psi) = v(theta, psi)[0], simultaneous_step(v, theta, psi, h_G, h_D)
    return theta + h_G * (old + v(theta, psi)[0]) / 2, psi


def arguments_exchanged(v, theta, psi, h_G, h_D):
    psi = psi + h_D * v(theta, psi)[1]
    return theta + h_G * v(psi, theta)[0], psi


def draw_alternating(step: Callable):
    path = [(number(1.0), number(-1.0))]
    for _ in range(120):
        path.append(double(step(dynamics.wasserstein, *path[-1], 0.2, 0.2)))
    theta, psi = (torch.stack(parts) for parts in zip(*path, strict=True))
    other = dynamics.trajectory(dynamics.simultaneous(dynamics.wasserstein, 0.2, 0.2), 1.0, -1.0, 30)
    return draw_paths({"your step": (theta, psi), "simultaneous": other})


alternating_step = Exercise(
    number="04.2",
    level="repair",
    minutes=5,
    solutions=(solve_alternating, solve_alternating_by_rule),
    parts=("theta", "psi"),
    inputs=lambda: [
        (dynamics.wasserstein, number(1.0), number(-0.4), 0.2, 0.5),
        (dynamics.minimax, number(-0.8), number(0.3), 0.7, 0.1),
        (
            dynamics.zero_centred(dynamics.non_saturating, 0.6),
            numbers(0.5, -1.2, 2.0),
            numbers(1.1, 0.4, -0.3),
            0.3,
            1.4,
        ),
        (dynamics.bilinear, numbers(0.9, -0.2), numbers(-1.5, 0.7), 1.1, 0.25),
    ],
    mistakes=(
        (
            simultaneous_step,
            "these are simultaneous steps: on V = −ψθ they spiral outwards, where alternating ones stay on an ellipse. "
            "Which D does G answer here?",
            "v was asked once, before D had moved. G's arrow belongs to the new ψ.",
        ),
        (G_first, "here G moves first and D answers. In this notebook, and in `train`, D moves first."),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, h_D, h_G),
            "the two learning rates are exchanged.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, h_G, h_G),
            "D takes its step with G's learning rate.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, h_D, h_D),
            "G takes its step with D's learning rate.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, h_G, -h_D),
            "D goes against its arrow. v_psi already is the way in which D wants to go.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, -h_G, h_D),
            "G goes against its arrow. v_theta has the minus of the descent in it: both add their arrows.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: (solve_alternating(v, theta, psi, h_G, h_D)[0], psi),
            "G has answered a D that moved, but you return the ψ from before the step.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: (
                theta + h_G * v(theta, psi + h_D * v(theta, psi)[1])[1],
                psi + h_D * v(theta, psi)[1],
            ),
            "G takes its step along D's arrow. v gives G's first.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: (theta, solve_alternating(v, theta, psi, h_G, h_D)[1]),
            "D has moved, and G has not: you return the θ from before the step.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, -h_G, -h_D),
            "both go against their arrows. v says where they want to go: add it.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: (theta, psi),
            "nobody has moved: you return what was given.",
        ),
        (
            D_again,
            "after its step D moves once more, by the second arrow that you asked for. That one is for G alone.",
        ),
        (
            D_at_its_own_answer,
            "D's arrow is taken after its own step. D moves by the arrow where both stand; only G's is asked again.",
        ),
        (in_halves, "D moves in two halves, before G and after it (“leapfrog”). Here it moves once, before G."),
        (each_answers, "each answers the move that the other would have made. Only G answers; D moves first."),
        (
            after_a_trial,
            "both make a trial step and take their arrows from there: extragradient. Only D's move is waited for.",
        ),
        (half_way, "G answers half the old D and half the new one. D has moved: only the new ψ counts."),
        (arguments_exchanged, "v takes theta first, then psi: in G's step they are exchanged."),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, h_G * h_D, h_D),
            "G's step is multiplied by both learning rates. It has its own.",
        ),
        (D_twice, "D moves twice for each step of G. That is `critic_steps=2`; here each moves once."),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, h_G, h_D)[::-1],
            "these are the right numbers, but theta comes first, psi second.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: tuple(
                new - old for new, old in zip(solve_alternating(v, theta, psi, h_G, h_D), (theta, psi), strict=True)
            ),
            "this is how far both go. Add it to where they were.",
        ),
        (
            lambda v, theta, psi, h_G, h_D: solve_alternating(v, theta, psi, (h_G + h_D) / 2, (h_G + h_D) / 2),
            "both steps have the mean of the two learning rates. Each player has its own.",
        ),
    ),
    hints=(
        "Compare with equation (6): θ' = θ + ha ψ'. Which ψ stands there, the old or the new one?",
        "Ask v a second time, after ψ has changed: `v(theta, psi)[0]` is G's arrow at the new ψ.",
    ),
    insight="The order alone decides: on V = −ψθ a simultaneous step of one rate h multiplies the distance by "
    "√(1 + h²), an alternating one has determinant 1. It is one line of code, and no message tells you which of the "
    "two you have written.",
    reward=draw_alternating,
)


# 04.3


def solve_largest_rate(eigenvalues: Tensor) -> float:
    # |1 + h λ| < 1, squared: 1 + 2 h Re λ + h² |λ|² < 1. It must hold for each λ, so the smallest limit counts
    limits = -2 * eigenvalues.real / eigenvalues.abs().square()
    return limits.min().clamp(min=0).item()


def solve_largest_rate_by_loop(eigenvalues: Tensor) -> float | None:
    limit = math.inf
    for eigenvalue in eigenvalues.tolist():
        if eigenvalue.real >= 0:
            return None  # no rate works
        limit = min(limit, -2 * eigenvalue.real / abs(eigenvalue) ** 2)
    return limit


def rates(eigenvalues: Tensor) -> Tensor:
    return -2 * eigenvalues.real / eigenvalues.abs().square()


def two_over_imaginary(eigenvalues: Tensor) -> float:
    return (2 / eigenvalues.imag.abs()).min().item() if eigenvalues.imag.any() else 0.0


def limit_of_r1(gamma: float) -> float:
    return solve_largest_rate(dynamics.eigenvalues(dynamics.zero_centred(dynamics.minimax, gamma), 0.0, 0.0))


def use_largest_rate(largest_rate: Callable) -> str:
    start = 1e-9  # so near that f is a line wherever they come nearer
    lines = ["400 simultaneous steps near (0, 0), at 0.95 and 1.05 times your limit:"]
    for gamma in (0.3, 1.0, 2.0):
        v = dynamics.zero_centred(dynamics.minimax, gamma)
        limit = float(largest_rate(dynamics.eigenvalues(v, 0.0, 0.0)))
        h = limit * numbers(0.95, 1.05)  # two games at once
        theta, psi = numbers(start, start), numbers(0.0, 0.0)
        for _ in range(400):
            v_theta, v_psi = v(theta, psi)
            theta, psi = theta + h * v_theta, psi + h * v_psi
        ends = (torch.hypot(theta, psi) / start).tolist()
        lines.append(f"R1, γ = {gamma}: h < {limit:.2f}; distance times {ends[0]:.0e} and times {ends[1]:.0e}")
    return "\n".join(lines)


largest_rate = Exercise(
    number="04.3",
    level="derive",
    minutes=8,
    solutions=(solve_largest_rate, solve_largest_rate_by_loop),
    derivation="|1 + hλ|² = 1 + 2h Re λ + h²|λ|² < 1 means h < −2 Re λ / |λ|². All eigenvalues must obey: the smallest "
    "limit counts; if one real part is not below 0, there is none.",
    none=0.0,
    inputs=lambda: [
        (torch.tensor([-0.15 + 0.477j, -0.15 - 0.477j], dtype=torch.complex128),),
        (torch.tensor([-0.134 + 0j, -1.866 + 0j], dtype=torch.complex128),),
        (
            torch.tensor(
                [-0.5 + 0j, -0.1 + 0j, -0.2 + 0.9j, -0.2 - 0.9j, -3.0 + 0j, -0.05 + 0j], dtype=torch.complex128
            ),
        ),
        (torch.tensor([-0.3 + 0j, 0.1 + 0.5j, 0.1 - 0.5j], dtype=torch.complex128),),
        (torch.tensor([-0.02 + 1.3j, -0.02 - 1.3j], dtype=torch.complex128),),
    ],
    mistakes=(
        (
            lambda eigenvalues: rates(eigenvalues).min(),
            "a negative rate comes out where an eigenvalue lies to the right. Which rates work there?",
        ),
        (
            lambda eigenvalues: (-rates(eigenvalues)).max().item(),
            "your rate is negative where the flow converges: Re λ is below 0 there.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).abs().min().item(),
            "your formula gives a rate also where an eigenvalue lies to the right. There no rate works.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).max().clamp(min=0).item(),
            "this is the limit of the eigenvalue that allows most. All of them must stay within the unit circle.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).max().item() if (eigenvalues.real < 0).all() else 0.0,
            "this is the limit of the eigenvalue that allows most. All of them must stay within the unit circle.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues)[0].clamp(min=0).item(),
            "you look at the first eigenvalue alone. All of them must stay within the unit circle.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues)[:2].min().clamp(min=0).item(),
            "you look at two eigenvalues, however many there are.",
        ),
        (
            lambda eigenvalues: (2 / eigenvalues.imag[eigenvalues.imag != 0].abs()).amin().item(),
            "2/|Im λ| is the limit of alternating steps without damping, see (6).",
        ),
        (
            two_over_imaginary,
            "2/|Im λ| is the limit of alternating steps without damping, see (6). Here both move at once.",
        ),
        (
            lambda eigenvalues: max(0.0, min([r for r in rates(eigenvalues).tolist() if r > 0], default=0.0)),
            "eigenvalues that do not lie to the left are left out. With one of them no rate works.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).sum().clamp(min=0).item(),
            "the limits are added. h must stay below each of them.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues)[-1].clamp(min=0).item(),
            "you look at the last eigenvalue alone. All of them must stay within the unit circle.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).mean().clamp(min=0).item(),
            "a mean over the eigenvalues lets some of them leave the unit circle.",
        ),
        (
            lambda eigenvalues: (-2 / eigenvalues.real).min().clamp(min=0).item(),
            "this is the limit for real eigenvalues. The imaginary part turns, and turning lengthens a step.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).min().clamp(min=0).item() / 2,
            "half of it: the distance still shrinks at rates up to twice this one.",
        ),
        (
            lambda eigenvalues: (-2 * eigenvalues.real / eigenvalues.abs()).min().clamp(min=0).item(),
            "the modulus is not squared. In |1 + hλ|² it comes with a square.",
        ),
        (
            lambda eigenvalues: (2 / eigenvalues.abs()).min().item(),
            "this looks at the moduli alone, as if each eigenvalue were real and below 0.",
        ),
        (
            lambda eigenvalues: (-2 * eigenvalues.real / eigenvalues.imag.square()).min().clamp(min=0).item(),
            "|λ|² is the square of the real part plus that of the imaginary part. Only the second is here.",
        ),
        (
            lambda eigenvalues: (1 / -eigenvalues.real).min().clamp(min=0).item(),
            "the imaginary part plays no part. Turning lengthens a step.",
        ),
        (
            lambda eigenvalues: rates(eigenvalues).median().clamp(min=0).item(),
            "the median of the limits lets some eigenvalues leave the unit circle.",
        ),
        (
            lambda eigenvalues: max(0.0, -2 * eigenvalues.real.max().item() / eigenvalues.abs().max().item() ** 2),
            "the real part of one eigenvalue is combined with the modulus of another. Each has a limit of its own.",
        ),
    ),
    hints=(
        "It is equation (7), for each eigenvalue. In PyTorch eigenvalues.real and eigenvalues.abs() are tensors.",
        "Every eigenvalue has a limit of its own. Which of these limits may h not exceed?",
        "And if a real part is not below 0? Then no rate works: return 0 or None.",
    ),
    prediction=("The limit for R1 with γ = 1", lambda: limit_of_r1(1.0)),
    insight="For R1 the limit is 1.2 at γ = 0.3, 4 at γ = 1 and 1.07 at γ = 2: beyond the critical γ one eigenvalue "
    "runs far to the left, and a stronger penalty asks for smaller steps.",
    reward=use_largest_rate,
)


# 04.4


def solve_optimistic(v: Arrows, theta: Tensor, psi: Tensor, h: float, steps: int) -> tuple[Tensor, Tensor]:
    before_G, before_D = v(theta, psi)
    for _ in range(steps):
        now_G, now_D = v(theta, psi)  # both arrows at the same point
        theta, psi = theta + h * (2 * now_G - before_G), psi + h * (2 * now_D - before_D)
        before_G, before_D = now_G, now_D
    return theta, psi


def solve_optimistic_by_stack(v: Arrows, theta: Tensor, psi: Tensor, h: float, steps: int) -> Tensor:
    w, arrows = torch.stack([theta, psi]), []
    for k in range(steps):
        arrows.append(torch.stack(v(*w)))
        w = w + h * arrows[-1] + h * (arrows[-1] - arrows[max(k - 1, 0)])
    return w


def optimist(now: float = 2.0, before: float = -1.0, first: float = 1.0, more: int = 0, keep: bool = True) -> Callable:
    """A wrong one: other weights of the two arrows, another first step, more steps, an arrow that is never renewed."""

    def wrong(v, theta, psi, h, steps):
        w = torch.stack([theta, psi])
        old = first * torch.stack(v(*w))
        for _ in range(steps + more):
            arrow = torch.stack(v(*w))
            w = w + h * (now * arrow + before * old)
            old = arrow if keep else old
        return w[0], w[1]

    return wrong


def extragradient(v, theta, psi, h, steps):
    for _ in range(steps):
        a, b = v(theta, psi)
        a, b = v(theta + h * a, psi + h * b)
        theta, psi = theta + h * a, psi + h * b
    return theta, psi


def optimistic_alternating(v, theta, psi, h, steps):
    old_G, old_D = v(theta, psi)
    for _ in range(steps):
        now_D = v(theta, psi)[1]
        psi, old_D = psi + h * (2 * now_D - old_D), now_D
        now_G = v(theta, psi)[0]
        theta, old_G = theta + h * (2 * now_G - old_G), now_G
    return theta, psi


def optimistic_D_only(v, theta, psi, h, steps):
    old = v(theta, psi)[1]
    for _ in range(steps):
        now_G, now_D = v(theta, psi)
        theta, psi, old = theta + h * now_G, psi + h * (2 * now_D - old), now_D
    return theta, psi


def optimistic_G_only(v, theta, psi, h, steps):
    old = v(theta, psi)[0]
    for _ in range(steps):
        now_G, now_D = v(theta, psi)
        theta, psi, old = theta + h * (2 * now_G - old), psi + h * now_D, now_G
    return theta, psi


def D_sees_G(v, theta, psi, h, steps):
    old_G, old_D = v(theta, psi)
    for _ in range(steps):
        now_G, now_D = v(theta, psi)
        theta = theta + h * (2 * now_G - old_G)
        psi = psi + h * (2 * v(theta, psi)[1] - old_D)
        old_G, old_D = now_G, now_D
    return theta, psi


def extrapolated_place(v, theta, psi, h, steps):
    w = old = torch.stack([theta, psi])
    for _ in range(steps):
        w, old = w + h * torch.stack(v(*(2 * w - old))), w
    return w


def two_steps_old(v, theta, psi, h, steps):
    w, arrows = torch.stack([theta, psi]), []
    for k in range(steps):
        arrows.append(torch.stack(v(*w)))
        w = w + h * (2 * arrows[-1] - arrows[max(k - 2, 0)])
    return w


def crossed(v, theta, psi, h, steps):
    old_G, old_D = v(theta, psi)
    for _ in range(steps):
        now_G, now_D = v(theta, psi)
        theta, psi = theta + h * (2 * now_G - old_D), psi + h * (2 * now_D - old_G)
        old_G, old_D = now_G, now_D
    return theta, psi


def average_of_path(v, theta, psi, h, steps):
    path = [torch.stack(solve_optimistic(v, theta, psi, h, k)) for k in range(1, steps + 1)]
    return torch.stack(path).mean(0)


def feeds_itself(v, theta, psi, h, steps):
    w = torch.stack([theta, psi])
    old = torch.stack(v(*w))
    for _ in range(steps):
        old = 2 * torch.stack(v(*w)) - old
        w = w + h * old
    return w[0], w[1]


def momentum(v, theta, psi, h, steps):
    w = torch.stack([theta, psi])
    move = torch.zeros_like(w)
    for _ in range(steps):
        move = torch.stack(v(*w)) + move / 2
        w = w + h * move
    return w


def rate_squared(v, theta, psi, h, steps):
    return optimist(before=-h)(v, theta, psi, h, steps)


def draw_optimistic(optimistic: Callable):
    start = number(1.0), number(-1.0)
    path = [double(optimistic(dynamics.wasserstein, *start, 0.3, n)) for n in range(0, 121, 2)]
    theta, psi = (torch.stack(parts) for parts in zip(*path, strict=True))
    other = dynamics.trajectory(dynamics.simultaneous(dynamics.wasserstein, 0.3, 0.3), 1.0, -1.0, 12)
    return draw_paths({"your steps, every second": (theta, psi), "simultaneous": other})


optimistic = Exercise(
    number="04.4",
    level="build",
    minutes=10,
    solutions=(solve_optimistic, solve_optimistic_by_stack),
    parts=("theta", "psi"),
    inputs=lambda: [
        (dynamics.wasserstein, number(1.0), number(-1.0), 0.2, 5),
        (dynamics.minimax, number(0.5), number(0.8), 0.6, 3),
        (dynamics.zero_centred(dynamics.non_saturating, 0.5), numbers(1.5, -0.7, 0.2), numbers(-0.6, 1.2, 2.0), 0.4, 7),
        (dynamics.bilinear, numbers(-0.7, 0.4), numbers(1.1, 0.9), 0.5, 4),
    ],
    mistakes=(
        (optimist(1.0, 0.0), "these are plain simultaneous steps. The arrow of the step before plays no part."),
        (
            optimist(-1.0, 2.0),
            "the arrows are exchanged: twice the present one, minus the one before.",
        ),
        (optimist(2.0, 1.0), "the arrow before is added: this is a kind of momentum. Optimism takes it away."),
        (
            optimist(1.0, -1.0),
            "nothing moves. (The present arrow minus the one before is 0 in the first step, and then for ever.)",
        ),
        (
            lambda v, theta, psi, h, steps: solve_optimistic(lambda *w: (-v(*w)[0], v(*w)[1]), theta, psi, h, steps),
            "G goes against its arrow. v_theta has the minus of the descent in it: both add.",
        ),
        (optimist(2.0, 0.0), "these are plain steps, twice as long. The arrow before is missing."),
        (
            optimist(first=0.0),
            "the first step has twice its length: there the arrow before counts as the present one, not as 0.",
        ),
        (optimist(more=1), "one step too many."),
        (optimist(more=-1), "one step too few, or the first step does not move."),
        (optimist(keep=False), "the arrow before stays that of the very first point. Renew it after each step."),
        (
            extragradient,
            "this makes a trial step and asks v there: extragradient. Optimism asks v once a step and keeps the last "
            "arrow.",
        ),
        (optimistic_alternating, "G answers a D that has moved already. Here both move at once."),
        (
            optimist(1.5, -0.5),
            "one and a half arrows minus half of the one before (Adams-Bashforth). Here it is two minus one.",
        ),
        (optimistic_G_only, "G is an optimist and D is not. Both should be."),
        (D_sees_G, "D's present arrow is asked for after G has moved. Ask for both at the same point, then move both."),
        (
            extrapolated_place,
            "this extrapolates the place and asks v there. On a game with curved arrows that is not the same as "
            "extrapolating the arrows.",
        ),
        (two_steps_old, "the arrow that is taken away is two steps old. Take that of the step before."),
        (crossed, "each takes away the other's arrow of the step before. Each remembers its own."),
        (average_of_path, "this is the mean of the path. Where do they stand after the last step?"),
        (optimistic_D_only, "D is an optimist and G is not. Both should be."),
        (
            feeds_itself,
            "as the arrow before you keep the corrected step. Keep what v said, without the correction.",
        ),
        (lambda v, theta, psi, h, steps: solve_optimistic(v, theta, psi, h, steps)[::-1], "theta first, then psi."),
        (
            optimist(3.0, -2.0),
            "three times the present arrow minus twice the one before. It is two minus one.",
        ),
        (
            momentum,
            "half of the move before is added: momentum. Optimism takes the arrow before away.",
        ),
        (
            rate_squared,
            "the arrow before is multiplied by h twice.",
        ),
    ),
    hints=(
        "Write plain simultaneous steps first, in a loop. Then keep the arrows of each step for the next one.",
        "Before the loop: before = v(theta, psi). In it: theta + h * (2 * now - before), likewise psi, then before = "
        "now.",
    ),
    insight="On V = −ψθ no learning rate brings plain steps to rest. Optimistic ones come to rest without any change "
    "of the game, for h < 1/√3: the last difference of arrows is a guess of the turn to come.",
    reward=draw_optimistic,
)


# 04.5

the_best_brake = Open(
    number="04.5",
    minutes=20,
    outline="""\
By `eigenvalues`: take the larger modulus of one step of alternating(zero_centred(minimax, γ), 0.2, 0.2) at (0, 0),
for γ in steps of 0.005. It is smallest at γ = {gamma}, where it is {modulus}: a little below the critical γ = 1 of
the flow. With D's rate twice G's (0.4 and 0.2) the best γ is {gamma_fast}, with modulus {modulus_fast}: so yes, the
answer changes. By (9) a faster D damps more, and less penalty is needed before nothing turns any more.

By `trajectory`: count the steps until the distance stays below 1e-6. From five random starts in [−1, 1]² (seeds 0 to
4) the best γ has the median {gamma_path} (in brackets the range) and takes {steps_path} steps; for the faster D it is
{gamma_path_fast}, with {steps_path_fast} steps.

The two need not agree. `eigenvalues` speaks of the limit of many steps; near its best γ both eigenvalues become
one number, and nothing turns. A little below, a path still turns, and with luck passes (0, 0) closely on its last turn:
we take this for the reason why counting mostly prefers a smaller γ. The counts jump with the start, so look at a
curve of steps against γ, not at its lowest point alone. And both speak of the smallest GAN; nothing here says which γ
is good for networks.""",
)


recall = Recall(
    (
        "The Dirac-GAN's Jacobian at its point of rest has the eigenvalues ±0.5 i. You train with simultaneous steps. "
        "What lets them come to rest there?",
        [
            ("a smaller learning rate", "It leaves the circle more slowly, and leaves it all the same: |1 + hλ| > 1."),
            ("a larger learning rate for D", "D's own slope in ψ is 0 there: nothing that a faster D could multiply."),
            ("a penalty that moves the eigenvalues to the left", "Yes: then a rate with |1 + hλ| < 1 exists."),
            ("averaging the weights", "An average hides a circle; these steps spiral outwards, and it goes with them."),
        ],
        2,
        "Here no rate turns it inwards. The game has to change, or the rule of a step: here by "
        "R1, R2, instance noise, or consensus nearby.",
    ),
    (
        "For thousands of steps the EMA of G's weights has drawn far better samples than G. What is the likeliest?",
        [
            (
                "G's weights sway around a better place.",
                "Yes, and they may go on swaying: an average does not stop them.",
            ),
            ("The training has come to rest.", "Then the average and the last weights would be the same."),
            ("The learning rate of D is too small.", "The average does not tell; swaying has many causes."),
        ],
        0,
        "Averages take about the middle of an orbit. They do not stop it.",
    ),
    (
        "From 02: why does G's step use −log D(G(z)) in place of log(1 − D(G(z)))?",
        [
            ("It wants another score.", "Both want a fake's score as high as possible. What differs is the slope."),
            ("It pulls where D is sure that a fake is fake.", "Yes: the pull is 1 − D(G(z)), near 1 there."),
            (
                "It makes the game converge.",
                "Slowly, on the Dirac-GAN with alternating steps; but that is not why it was chosen.",
            ),
        ],
        1,
        "log(1 − D) is flat in the score where D is sure, as it often is early on. −log D is steep there.",
    ),
)
