"""Retrieval measured side by side: index kinds, size, and what its choices are worth to the student."""
