"""A small recruitment CRM that shows the extension; enters it by its front door only."""
