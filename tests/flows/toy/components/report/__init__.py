"""Toy stage `report`."""
