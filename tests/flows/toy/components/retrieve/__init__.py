"""Toy stage `retrieve`."""
