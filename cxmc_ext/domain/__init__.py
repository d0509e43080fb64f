"""What the product is about, in plain Python: values, ports, rules, messages and errors.

Imports nothing but the standard library. Times are whole Unix seconds in UTC, and values are immutable.
"""
