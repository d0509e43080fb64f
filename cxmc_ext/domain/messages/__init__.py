"""Every problem code as an English message with its remedy, one table per topic."""
