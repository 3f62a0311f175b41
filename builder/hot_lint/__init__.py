"""Problems of Heat templates, with places: what is wrong whatever the parameters, and in any selection of components.

Tells all of them, in our words; the facts are those of :mod:`builder.hot`, which the sandbox shares. The sandbox tells
the first one of a concrete stack, in Heat's words.
"""
