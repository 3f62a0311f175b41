"""Clusters that are Heat stacks: launched, found again by their key, previewed."""
