"""`flask cxmc erase`: whom it found, and what it says if that is nobody."""

from flask import Flask

from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.commands import run


def test_erase_reads_the_address_from_stdin_and_does_not_show_it(
    app: Flask, connected: Services, host: MemoryHost
) -> None:
    host.add_person("anna@kandidaten.example")
    result = run(app, "erase", "--address-stdin", stdin="anna@kandidaten.example\n")
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        ["ok   found people in the CRM: 1, campaigns: 0", "ok   erased"],
    )
    assert run(app, "erase").exit_code == 2


def test_erase_says_that_nobody_has_the_address(app: Flask, connected: Services) -> None:
    result = run(app, "erase", "--address-stdin", stdin="ana@kandidaten.example\n")
    *lines, last = result.output.splitlines()
    assert lines == ["ok   found people in the CRM: 0, campaigns: 0", "ok   erased"]
    assert last.startswith(
        "fail Nobody has this address, neither in the CRM nor in a campaign: check"
    )
    assert "ana@" not in result.output
    assert result.exit_code == 1


def test_erase_asks_for_a_reference_that_exists(app: Flask, connected: Services) -> None:
    result = run(app, "erase", "--person", "contact:nonsense")
    assert (result.exit_code, result.output) == (
        1,
        "Error: No person with that reference exists in the CRM or in a campaign."
        " Look up the person's reference, or enter the e-mail address.\n",
    )
