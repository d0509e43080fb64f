"""Runs the commands of the extension, as on a terminal."""

from click.testing import Result
from flask import Flask


def run(app: Flask, *args: str, stdin: str = "") -> Result:
    """Runs `flask cxmc` with these words; `stdin` is what it reads."""
    return app.test_cli_runner().invoke(args=["cxmc", *args], input=stdin)
