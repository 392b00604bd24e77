"""Toy stage `train`."""
