"""The entries of a template's sections, before any of them is judged by what it says."""
