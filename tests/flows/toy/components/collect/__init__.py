"""Toy stage `collect`."""
