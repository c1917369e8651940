"""How good are the fakes? Measures on features h (N, F) of a network that has seen the real classes.

Real before fake, as everywhere. A distance has no natural scale: read it beside what two halves of the
real data get, and compare only numbers with the same features and the same n.
"""

import torch
from torch import Tensor


def _moments(name: str, h: Tensor) -> tuple[Tensor, Tensor]:
    if h.ndim != 2 or not h.isfinite().all():
        raise ValueError(f"the {name} features have shape {tuple(h.shape)}; expected finite numbers (N, F)")
    if len(h) <= h.shape[1]:
        raise ValueError(
            f"{len(h)} {name} samples cannot tell the covariance of {h.shape[1]} features; "
            f"expected more than {h.shape[1]}, and better ten times as many"
        )
    return h.double().mean(0), h.double().T.cov()


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Between the Gaussians with the means m and covariances S of both feature sets (N, F), (M, F):

        |m_p - m_q|^2 + tr(S_p + S_q - 2 (S_p S_q)^(1/2))

    in squared units of the features; 0 for equal moments. Fewer samples give larger distances.
    Heusel et al. 2017, eq. 6, with features of our own classifier
    """
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1]:
        raise ValueError(
            f"the features have shapes {tuple(real.shape)} and {tuple(fake.shape)}; expected (N, F) and (M, F)"
        )
    m_p, S_p = _moments("real", real)
    m_q, S_q = _moments("fake", fake)
    values, vectors = torch.linalg.eigh(S_p)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # S_p S_q has the eigenvalues of the symmetric root S_q root
    trace_of_root = torch.linalg.eigvalsh(root @ S_q @ root).clamp(min=0).sqrt().sum()
    return ((m_p - m_q).square().sum() + S_p.trace() + S_q.trace() - 2 * trace_of_root).item()


def class_shares(logits: Tensor) -> Tensor:
    """The share of the samples that a classifier puts into each class: (N, K) -> (K,), sums to 1."""
    if logits.ndim != 2:
        raise ValueError(f"logits have shape {tuple(logits.shape)}; expected (N, K)")
    return logits.argmax(1).bincount(minlength=logits.shape[1]) / len(logits)
