"""What pages and commands ask for: a model with its range, schedules found for it and held against each other."""
