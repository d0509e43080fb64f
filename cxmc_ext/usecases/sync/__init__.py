"""Reading what happened to sent mailings and following the others."""
