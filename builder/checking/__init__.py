"""``cluster-builder check`` and its companions: definitions judged from disk, with no cloud, network or service."""
