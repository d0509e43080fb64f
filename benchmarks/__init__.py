"""Side-by-side measurements: the product against a plain loop, on pages rendered beforehand."""
