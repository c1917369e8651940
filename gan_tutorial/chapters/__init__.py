"""What belongs to one chapter: theory (notebook 01), line (02), dynamics (04), convolutions (06), latent, latent_panels
and reading (10), conditional (11), restoration (12), linear_probe and semisupervised (13), vae, flow and one_network
(14)."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    [
        "theory",
        "line",
        "dynamics",
        "convolutions",
        "latent",
        "latent_panels",
        "reading",
        "conditional",
        "restoration",
        "linear_probe",
        "semisupervised",
        "vae",
        "flow",
        "one_network",
    ],
)
