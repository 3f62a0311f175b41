"""Concertim Cluster Builder: launches clusters on OpenStack from definitions that are loaded live from disk."""

__version__ = "1.0.0"
