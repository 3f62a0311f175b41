"""Clusters that Magnum makes of its templates: read from definitions, planned, launched, found again, previewed."""
