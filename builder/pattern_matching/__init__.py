"""Texts matched against patterns within a time: at once where that is cheap, otherwise by a process that can be ended.

Apart from :mod:`builder.hot`, whose facts start no process. Whoever judges a value asks here: the parameters of cluster
types, and the sandbox, which a pattern of a template that it is sent would stop as well.
"""
