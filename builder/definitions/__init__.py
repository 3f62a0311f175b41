"""Cluster type definitions: text in, a definition or a list of problems out.

Pure: this room does no input or output and knows neither Sanic, watchdog nor any OpenStack client. What must be read
besides the definition itself is asked of a :class:`~builder.hot_lint.sources.Files` that the caller hands in.
"""
