"""From the press to the mail: recipients, audience, segment, draft, delivery, removal."""
