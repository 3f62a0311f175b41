"""The HTTP edge: a Sanic application, its handlers, and how errors are rendered."""
