"""What administrators and operators see and do: control room, status, metrics, schema."""
