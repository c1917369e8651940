"""Measures under test: how biased, how easily fooled (notebook 08)."""

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from torch import Tensor

from ..checks import shape


def bias_rate(h: Tensor) -> float:
    """c of E[FD] = c (1/n + 1/m), in leading order, between two sets of n and m samples of one distribution, whose
    features are h (N, F):

        c = tr S + 1/2 sum_ij Var(u_i u_j) / (lambda_i + lambda_j)

    lambda are the eigenvalues of the covariance S, u the centred features along its eigenvectors.
    """
    shape(h, "N", "F", name="h")
    h = h.double() - h.double().mean(0)
    eigenvalues, axes = torch.linalg.eigh(torch.atleast_2d(h.T.cov()))
    alive = eigenvalues > 1e-6 * eigenvalues.max()  # some features of the classifier are always 0
    eigenvalues, u = eigenvalues[alive], h @ axes[:, alive]
    variance = u.square().T @ u.square() / len(u) - eigenvalues.square().diag()  # of u_i u_j
    return (eigenvalues.sum() + (variance / (eigenvalues[:, None] + eigenvalues)).sum() / 2).item()


def inception_score(logits: Tensor) -> float:
    """exp E_x KL(p(y|x) || p(y)), from a classifier's logits (N, K): 1 at least, K at most.

    It is large if the classifier is sure of each picture, and the classes are even. Salimans et al. 2016
    """
    shape(logits, "N", "K", name="logits")
    log_p = logits.double().log_softmax(1)
    log_mean = log_p.logsumexp(0) - torch.tensor(float(len(logits)), dtype=torch.double).log()
    return (log_p.exp() * (log_p - log_mean)).sum(1).mean().exp().item()


def there_and_back(x: Tensor, side: int) -> Tensor:
    """Pictures x (N, C, S, S), resized to side x side and back, bilinearly, with what smooths a reduction."""
    small = F.interpolate(x, (side, side), mode="bilinear", antialias=True)
    return F.interpolate(small, x.shape[2:], mode="bilinear", antialias=True)


def show_balls(ax: Axes, centres: Tensor, k: int, colour: str) -> None:
    """Draw the ball of each centre (N, 2), which reaches to its k-th nearest neighbour."""
    for centre, radius in zip(centres, torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values, strict=True):
        ax.add_patch(Circle(centre.tolist(), radius.item(), color=colour, alpha=0.13, lw=0))
        ax.add_patch(Circle(centre.tolist(), radius.item(), fill=False, ec=colour, lw=0.6))
