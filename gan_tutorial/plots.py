"""See what came out. Everything draws on a given Axes, with a fixed value range, and shows nothing by itself.

Real is blue, fake is orange, and D's surface goes from one to the other through white, "undecided".
"""

import io
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from .checks import one_of, shape, whole
from .sampling import FromLatents, at_rest, device_of

REAL, FAKE = "#0072B2", "#D55E00"  # Okabe & Ito's colours, which colour-blind readers can tell apart
VALUE, COST = "#009E73", "#CC79A7"  # of the curves V and L: two more of them
FAKE_TO_REAL = LinearSegmentedColormap.from_list("fake to real", [FAKE, "#FFFFFF", REAL])


def to_grid(x: Tensor, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Images (N, C, S, S) in [-1, 1] as one: uint8 (H, W) if C is 1, (H, W, 3) if C is 3.

    -1 is black and 1 is white whatever the batch holds, so that fading and collapse can be seen.
    """
    shape(x, "N", "1 or 3", "S", "S", name="the tensor of images")
    n, channels, height, width = x.shape
    one_of((1, 3), channels=channels)
    columns = columns or math.ceil(math.sqrt(n))
    whole(1, images=n, columns=columns)
    rows = math.ceil(n / columns)
    pixels = ((x.detach().float().cpu().clamp(-1, 1) + 1) * 127.5).round().byte().numpy()
    sheet = np.full((channels, rows * (height + gap) + gap, columns * (width + gap) + gap), 255, np.uint8)
    for k, image in enumerate(pixels):
        top = gap + k // columns * (height + gap)
        left = gap + k % columns * (width + gap)
        sheet[:, top : top + height, left : left + width] = image
    return sheet[0] if channels == 1 else sheet.transpose(1, 2, 0)


def png(pixels: np.ndarray, scale: int = 1) -> bytes:
    """uint8 (H, W) or (H, W, 3) as a PNG file, each pixel drawn as a square of `scale`."""
    file = io.BytesIO()
    large = pixels.repeat(scale, axis=0).repeat(scale, axis=1)
    Image.fromarray(large).save(file, format="png", compress_level=1)
    return file.getvalue()


def figure_png(figure: Figure, dpi: int = 100) -> bytes:
    """A figure of your own (`Figure(layout="constrained")`, no pyplot) as a PNG file, for live panels."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=dpi, pil_kwargs={"compress_level": 1})
    return file.getvalue()


def fast_png(figure: Figure, moving: Sequence[Artist]) -> Callable[[], bytes]:
    """A function that paints `figure` as a PNG file again, for live panels, when only `moving` has changed.

    All the rest is drawn once, now, and lies below: a redraw takes a tenth of `figure_png`'s time.
    """
    canvas = FigureCanvasAgg(figure)
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)

    def repaint() -> bytes:
        canvas.restore_region(still)
        for artist in moving:
            artist.draw(canvas.get_renderer())
        return png(np.asarray(canvas.buffer_rgba())[..., :3])

    return repaint


def show_images(ax: Axes, x: Tensor, columns: int | None = None) -> None:
    """Draw images (N, C, S, S) in [-1, 1] as one grid."""
    ax.imshow(to_grid(x, columns), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    ax.axis("off")


def surface(D: nn.Module, limit: float, side: int = 80) -> np.ndarray:
    """sigmoid(D) on a grid over the square [-limit, limit]^2: (side, side), the lowest row first."""
    axis = torch.linspace(-limit, limit, side, device=device_of(D))
    with at_rest(D):
        return D(torch.cartesian_prod(axis, axis)).sigmoid().view(side, side).T.cpu().numpy()


def show_plane(ax: Axes, real: Tensor, fake: Tensor, D: nn.Module | None = None, limit: float = 1.5) -> None:
    """Draw points (N, 2) of both distributions, dots and crosses, over sigmoid(D), on the square [-limit, limit]^2."""
    if D is not None:
        square = (-limit, limit, -limit, limit)
        ax.imshow(surface(D, limit), cmap=FAKE_TO_REAL, vmin=0, vmax=1, alpha=0.6, origin="lower", extent=square)
    dots, crosses = real.detach().cpu().numpy(), fake.detach().cpu().numpy()
    ax.scatter(dots[:, 0], dots[:, 1], s=6, color=REAL, label="real", linewidths=0, alpha=0.7)
    ax.scatter(crosses[:, 0], crosses[:, 1], s=10, color=FAKE, label="fake", linewidths=0.8, alpha=0.8, marker="x")
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
    ax.legend(loc="upper right")


def show_warp(ax: Axes, G: FromLatents, limit: float = 2.5, lines: int = 21) -> None:
    """Draw what G makes of a square grid of latents, [-limit, limit]^2: G takes z (N, 2) to the plane.

    Of equally likely latents G puts more where lines crowd, fewer where they are stretched.
    """
    across, along = (torch.linspace(-limit, limit, n, device=device_of(G)) for n in (lines, 200))
    z = torch.cartesian_prod(across, along)
    with at_rest(G):
        warped = [G(straight).view(lines, 200, 2).cpu().numpy() for straight in (z, z.flip(1))]
    for curves in warped:
        ax.add_collection(LineCollection(list(curves), colors="0.25", linewidths=0.5))


def show_arrows(ax: Axes, x: Tensor, direction: Tensor, scale: float) -> None:
    """Draw an arrow at each x (N, 2), `scale` times `direction` (N, 2) long."""
    start, arrow = x.detach().cpu().numpy(), scale * direction.detach().cpu().numpy()
    ax.quiver(*start.T, *arrow.T, angles="xy", scale_units="xy", scale=1, width=0.004, zorder=3)


def show_curves(ax: Axes, history: Sequence[tuple[float, ...]], smooth: int = 1) -> None:
    """Draw D's value and G's cost, each a mean over `smooth` steps, from an `observers.History`.

    Its records start with (number, value, cost); those left over after the last whole mean are not drawn.
    """
    whole(1, smooth=smooth)
    if len(history) < smooth:
        raise ValueError(f"history has {len(history)} steps; expected at least as many as smooth, {smooth}")
    number, value, cost, *_ = torch.tensor(history).unfold(0, smooth, smooth).mean(-1).T.numpy()
    ax.plot(number, value, color=VALUE, label="D's value V")
    ax.plot(number, cost, color=COST, linestyle="--", label="G's cost L")
    ax.set(xlabel="step", ylabel="nats")
    ax.legend()
