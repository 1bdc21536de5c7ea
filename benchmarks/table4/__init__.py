"""Table 4 of the paper in every set-up that it leaves open, and what of it they explain."""
