"""The lab of notebook 09: a healthy GAN on one page, twelve broken lines, and what each of them looks like."""
