from statistics import median

import torch
from torch import nn

from gan_tutorial.networks import ConvGenerator

SEEDS = range(5)


def thin() -> nn.Module:
    layers = [nn.Linear(64, 9, bias=False), nn.Unflatten(1, (1, 3, 3))]
    for _ in range(4):
        layers += [nn.LeakyReLU(0.2), nn.ConvTranspose2d(1, 1, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh())


def tiny() -> nn.Module:
    layers = [nn.Linear(64, 1, bias=False), nn.Unflatten(1, (1, 1, 1)), nn.ConvTranspose2d(1, 1, 3, bias=False)]
    layers += [nn.ConvTranspose2d(1, 1, 2, 2, bias=False) for _ in range(4)]
    return nn.Sequential(*layers, nn.Tanh())


NETS = {"full": lambda: ConvGenerator(48, widths=(64, 32)), "thin": thin, "tiny": tiny}


def exercise_06_5() -> dict:
    results: dict = {"last_seed": SEEDS[-1]}
    for name, build in NETS.items():
        ranks = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            net = build()
            for _ in range(50):  # BatchNorm needs its running averages
                net(torch.randn(32, 64))
            z = torch.randn(64, dtype=torch.float32)
            net.eval()
            jacobian = torch.func.jacfwd(lambda z, net=net: net(z[None]).flatten())(z).double()
            assert jacobian.shape == (48 * 48, 64) and (jacobian != 0).all()  # each pixel, each number of z
            values = torch.linalg.svdvals(jacobian)
            ranks.append(int((values > 1e-5 * values[0]).sum()))
        results[name] = sum(w.numel() for w in net.parameters())
        results[f"{name}_rank"] = f"{median(ranks):g} ({min(ranks)} to {max(ranks)})"
    return results
