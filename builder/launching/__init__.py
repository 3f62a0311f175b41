"""``cluster-builder launch``: a definition tried end to end by the person who wrote it, without a service."""
