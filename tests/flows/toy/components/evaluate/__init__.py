"""Toy stage `evaluate`."""
