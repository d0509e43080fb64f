"""The English text of every problem code, one table per topic.

The screens translate it; see `lookup` for the message of a `Problem`.
"""
