"""What the Sampler needs in a page without a kernel: G's weights and directions, as a script that sets GAN.weights.

A page that is opened from disk may not fetch, so the numbers are text, base64. Of each layer the matrices are whole
numbers of 16 bits times a scale for each output channel; pictures differ from torch's by less than 0.001.
"""

import base64
import json

import numpy as np
from torch import nn, zeros

from gan_tutorial.chapters.latent import directions
from gan_tutorial.networks import ConvGenerator


def script(G: ConvGenerator, sliders: int = 4) -> str:
    layers = folded(G)
    scales = [np.abs(matrices).max((0, 1)) / 32767 for matrices, _ in layers]
    whole = [(matrices / scale).round().astype("<i2") for (matrices, _), scale in zip(layers, scales, strict=True)]
    weights = {
        "shapes": [matrices.shape for matrices in whole],
        "matrices": text(b"".join(matrices.tobytes() for matrices in whole)),
        "scales": text(np.concatenate(scales).astype("<f4").tobytes()),
        "biases": text(np.concatenate([bias for _, bias in layers]).astype("<f4").tobytes()),
        "latent": G.latent_dim,
        "directions": directions(G, sliders).tolist(),
    }
    return f"(globalThis.GAN ??= {{}}).weights = {json.dumps(weights)};\n"


def folded(G: ConvGenerator) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each layer as (matrices (M, C_in, C_out), bias (C_out,)), its batch normalisation in both."""
    layers, net = [], list(G.net)
    for k, layer in enumerate(net):
        if isinstance(layer, nn.Linear):  # (C * S * S, Z) -> a matrix for each of the S * S pixels
            _, channels, side, _ = G.net[: k + 2](zeros(1, G.latent_dim)).shape
            matrices = double(layer.weight).reshape(channels, side * side, -1).transpose(1, 2, 0)
        elif isinstance(layer, nn.ConvTranspose2d):  # (C_in, C_out, 4, 4) -> one for each of the 16 places
            matrices = double(layer.weight.flatten(2)).transpose(2, 0, 1)
        elif isinstance(layer, nn.Conv2d):  # (C_out, C_in, 3, 3) -> one for each of the 9 places; the last layer
            layers.append((double(layer.weight.flatten(2)).transpose(2, 1, 0), double(layer.bias)))
            continue
        else:
            continue
        norm = next(later for later in net[k:] if isinstance(later, nn.BatchNorm2d))
        gain = double(norm.weight) / np.sqrt(double(norm.running_var) + norm.eps)
        layers.append((matrices * gain, double(norm.bias) - double(norm.running_mean) * gain))
    return layers


def double(tensor) -> np.ndarray:
    return tensor.detach().double().numpy()


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()
