"""The command line: `flask cxmc …`."""

from cxmc_ext.cli import commands, process_commands
from cxmc_ext.cli.group import cxmc_commands

__all__ = ["commands", "cxmc_commands", "process_commands"]
