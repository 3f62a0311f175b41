"""The files of definitions: read safely, links followed by hand, dependencies noted, remote files fetched.

Separate from the catalogue, which decides what is listed: ``check`` reads with it as the service does.
"""
