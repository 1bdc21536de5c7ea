"""Schedules out to other tools and in from them."""
