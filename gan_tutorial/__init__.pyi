from . import chapters as chapters
from .checkpoints import (
    load as load,
    load_weights as load_weights,
    read_header as read_header,
    save as save,
    save_weights as save_weights,
)
from .classifier import Classifier as Classifier, Evaluator as Evaluator, load_classifier as load_classifier
from .distributions import (
    GaussianMixture as GaussianMixture,
    disjoint as disjoint,
    grid as grid,
    line as line,
    ring as ring,
    spiral as spiral,
    two_gaussians as two_gaussians,
)
from .metrics import (
    class_shares as class_shares,
    energy_distance as energy_distance,
    frechet_distance as frechet_distance,
    kernel_distance as kernel_distance,
    memorisation as memorisation,
    mode_coverage as mode_coverage,
    nearest as nearest,
    neighbours as neighbours,
)
from .networks import (
    ConvDiscriminator as ConvDiscriminator,
    ConvGenerator as ConvGenerator,
    Discriminator as Discriminator,
    Generator as Generator,
    MLPDiscriminator as MLPDiscriminator,
    MLPGenerator as MLPGenerator,
    mlp as mlp,
)
from .objectives import (
    OBJECTIVES as OBJECTIVES,
    Hinge as Hinge,
    LeastSquares as LeastSquares,
    Minimax as Minimax,
    NonSaturating as NonSaturating,
    Objective as Objective,
    Relativistic as Relativistic,
    Wasserstein as Wasserstein,
)
from .observers import (
    History as History,
    Progress as Progress,
    Record as Record,
    Snapshots as Snapshots,
    every as every,
    watch as watch,
)
from .penalties import PENALTIES as PENALTIES, R1 as R1, R2 as R2, Interpolated as Interpolated, Penalty as Penalty
from .pictures import (
    CLASSES as CLASSES,
    data_folder as data_folder,
    fashion_mnist as fashion_mnist,
    folder as folder,
    images as images,
    unit as unit,
)
from .plots import (
    FAKE as FAKE,
    FAKE_TO_REAL as FAKE_TO_REAL,
    REAL as REAL,
    fast_png as fast_png,
    figure_png as figure_png,
    png as png,
    show_arrows as show_arrows,
    show_curves as show_curves,
    show_images as show_images,
    show_plane as show_plane,
    show_warp as show_warp,
    to_grid as to_grid,
)
from .pretrained import load_discriminator as load_discriminator, load_generator as load_generator
from .recipe import Recipe as Recipe
from .sampling import at_rest as at_rest, sample as sample
from .training import Players as Players, Step as Step, descend as descend, train as train
from .widgets import (
    Eraser as Eraser,
    Panel as Panel,
    Pictured as Pictured,
    Playground as Playground,
    Question as Question,
    RunView as RunView,
    Sampler as Sampler,
    Score as Score,
    Scrubber as Scrubber,
    Trainer as Trainer,
    compact as compact,
)

__version__: str
__all__: list[str]
