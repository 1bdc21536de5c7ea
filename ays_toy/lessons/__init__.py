"""The lessons, in their order: from one Gaussian to images, and a task on what was not seen before."""
