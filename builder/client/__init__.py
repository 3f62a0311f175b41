"""Commands that ask a running service, over HTTP like any other client of it."""
