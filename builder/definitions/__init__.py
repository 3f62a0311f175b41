"""The format that all cluster type definitions share: text in, a cluster type or a list of problems out.

What only those of one kind have, their kind reads: see :mod:`builder.definitions.kind_reading`.

Pure: this room does no input or output and knows neither Sanic, watchdog nor any OpenStack client. What must be read
besides the definition itself is asked of a :class:`~builder.hot_lint.sources.Files` that the caller hands in.
"""
