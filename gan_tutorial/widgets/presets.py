"""Experiments that the playground offers: what is seen, the settings, and how many rounds."""

PRESETS: dict[str, tuple[str, dict, int]] = {
    "Learn the ring": ("x", {}, 2000),
}
