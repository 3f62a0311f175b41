"""Heat's template language as facts: what Heat takes, judged in one place for the linter, the builds and the sandbox.

Imports nothing of the project, knows no YAML and prints no sentence meant for people.
"""
