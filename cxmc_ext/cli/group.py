"""The command group and what its commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from cxmc_ext.domain.errors import Conflict, Invalid, SetupError
from cxmc_ext.domain.messages.lookup import message_for
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services


class _Commands(AppGroup):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            name = type(error.orig).__name__
            raise click.ClickException(
                f"The database cannot be used ({name}): `flask cxmc doctor` says what to do."
            ) from None


cxmc_commands = _Commands("cxmc", help="MailChimp campaigns: set up, run and check the module.")
with_account_option = click.option(
    "--account", "ref", help="The account, if the CRM has several tenants."
)


def current_flask_app() -> Flask:
    """Returns the app itself, which stays usable in threads and child processes."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return app


def current_services() -> Services:
    """Returns the services of the current app."""
    services: Services = current_app.extensions["cxmc"].services
    return services


@contextmanager
def report_errors() -> Iterator[None]:
    """Turns an error of the product into messages on stderr and exit code 1."""
    try:
        yield
    except SetupError as error:
        raise click.ClickException(str(error)) from None
    except Conflict as error:
        raise click.ClickException(problem_text(error.problem)) from None
    except Invalid as error:
        texts = [problem_text(problem) for problem in error.fields.values()]
        raise click.ClickException("\n".join(texts)) from None


def problem_text(problem: Problem) -> str:
    """Returns the message of a problem on one line: text, MailChimp's own text, remedy."""
    message = message_for(problem)
    return " ".join(part for part in (message.text, problem.detail, message.remedy) if part)
