"""What a step costs: KLUB by closed form, by Monte Carlo and from one pass; local errors along the ODE."""
