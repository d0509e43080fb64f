"""Measurements of the product next to a reference, against an API that serves prerendered pages."""

import sys

# As installed: pip compiles all modules.
sys.dont_write_bytecode = False
