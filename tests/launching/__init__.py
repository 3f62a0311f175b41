"""``cluster-builder launch`` as its authors try definitions with it."""
