"""What belongs to one chapter: theory (01), dynamics (04), latent (10), conditional (11), restoration (12),
linear_probe and semisupervised (13), vae, flow and one_network (14)."""
