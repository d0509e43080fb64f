"""Contacts at MailChimp: archiving unused ones, and opt-outs of the CRM that reach the audience."""
