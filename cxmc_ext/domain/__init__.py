"""The rules of the house in plain Python: values, ports, rules and errors. No third-party import."""
