"""The Beat AYS page."""
