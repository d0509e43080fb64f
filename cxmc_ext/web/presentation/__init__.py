"""From values to HTML: labels, messages, panels, charts and rendering."""
