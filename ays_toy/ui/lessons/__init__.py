"""The lessons on screen: where a learner is, and the bar on every page."""
