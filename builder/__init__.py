"""Concertim Cluster Builder: launches clusters on OpenStack from definitions that are loaded live from disk."""

__version__ = "1.0.0"

USER_AGENT = f"concertim-cluster-builder/{__version__}"
"""What the service calls itself, to clouds and to hosts of templates."""
