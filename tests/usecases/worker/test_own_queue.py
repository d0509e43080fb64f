"""With a queue of the Host its own workers call `jobs`: what they do shows that they are alive."""

import pytest
from flask import Flask

from cxmc_ext import jobs
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import system_problems


def problems(services: Services) -> list[str]:
    return [found.problem.code for found in system_problems.find_problems(services)]


def test_a_tick_in_a_worker_of_the_host_shows_that_it_is_alive(
    app: Flask, services: Services
) -> None:
    assert problems(services) == ["worker_gone", "scheduler_gone"]
    jobs.tick()
    assert problems(services) == []


def test_a_tick_in_our_worker_shows_nothing_of_the_scheduler(
    app: Flask, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = app.extensions["cxmc"].services
    object.__setattr__(ours, "has_own_queue", False)
    jobs.tick()
    assert problems(services) == ["worker_gone", "scheduler_gone"]
