from statistics import median

import torch

from gan_tutorial.chapters.dynamics import alternating, eigenvalues, minimax, trajectory, zero_centred

GAMMAS = [k / 200 for k in range(20, 301)]


def by_eigenvalues(h_D: float) -> tuple[float, float]:
    """The gamma with the smallest modulus of a step, and that modulus."""
    moduli = [eigenvalues(alternating(zero_centred(minimax, g), 0.2, h_D), 0.0, 0.0).abs().max().item() for g in GAMMAS]
    return min(zip(moduli, GAMMAS, strict=True))[::-1]


def by_trajectory(h_D: float, seed: int) -> tuple[float, int]:
    """The gamma with which the distance is below 1e-6 soonest, for good, and the number of steps."""
    start = 2 * torch.rand(2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) - 1
    gammas = torch.tensor(GAMMAS, dtype=torch.float64)

    def v(theta, psi):  # all gammas at once
        v_theta, v_psi = minimax(theta, psi)
        return v_theta, v_psi - gammas * psi

    path = trajectory(alternating(v, 0.2, h_D), *start[:, None].expand(2, len(gammas)), 700)
    steps = (torch.hypot(*path) >= 1e-6).int().flip(0).cummax(0).values.sum(0)  # up to the last time that it is not
    return gammas[steps.argmin()].item(), int(steps.min())


def shown(values: list, form: str = "g") -> str:
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def exercise_04_5() -> dict:
    results = {}
    for h_D, name in ((0.2, ""), (0.4, "_fast")):
        gamma, modulus = by_eigenvalues(h_D)
        found, steps = zip(*(by_trajectory(h_D, seed) for seed in range(5)), strict=True)
        results |= {f"gamma{name}": gamma, f"modulus{name}": round(modulus, 3)}
        results |= {f"gamma_path{name}": shown(list(found)), f"steps_path{name}": shown(list(steps))}
    return results
