"""The kinds of cluster types: a folder for each, with all that depends on a definition's ``kind``."""
