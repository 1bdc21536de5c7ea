"""From noise to data: schedules, the solvers that step along them, and what they do on the way."""
