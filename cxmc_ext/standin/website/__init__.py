"""The stand-in's website: accounts, campaigns, mails and faults for a person to look at."""
