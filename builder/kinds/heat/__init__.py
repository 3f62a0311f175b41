"""Clusters that are Heat stacks: read from definitions, planned, launched, found again by their key, previewed."""
