"""Side-by-side measurements: ratios from one run, never a number by itself."""
