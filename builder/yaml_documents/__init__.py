"""Reading YAML as definitions (1.2) and as Heat's templates (1.1) are read, with the place of every value.

Knows nothing of what the documents mean. Separate because the format of cluster types and the linter of templates both
stand on it.
"""
