"""What an image model is, and diffusers' pipelines as such."""
