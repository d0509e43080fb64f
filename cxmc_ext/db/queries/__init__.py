"""Every SQL statement, one file per table or screen, each function named after its purpose."""
