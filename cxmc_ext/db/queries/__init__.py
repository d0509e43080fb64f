"""Every SQL query: one module per table or screen.

The first argument is the host's session. Unless a docstring says otherwise, the caller commits.
"""
