"""The stand-in's website: read the mails, react as a recipient, change the account, plan faults."""
