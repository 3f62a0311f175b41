"""The parameters of cluster types: as authors declare them, and values read and judged in words for people.

Our verdict on a value is Heat's (``heat/engine/parameters.py`` and ``constraints.py``), given before anything is
created; what only a cloud can tell is left to it. The facts are those of :mod:`builder.hot`. docs/parameters.md lists
where the two differ, and tests compare them.
"""
