"""Opt-outs: looking them up in the Host and writing them there."""
