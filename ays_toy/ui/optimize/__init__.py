"""The Optimize page."""
