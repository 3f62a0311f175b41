"""The settings of the service: a table of them, how each kind of value is read, and where values come from."""
