"""The live catalogue: what the enabled folder holds, as the world sees it.

The file system is the truth, an immutable snapshot is what is served, and events are only hints: a watcher says that
something may have changed, a reconcile compares what is there with what was loaded, re-reads what differs, and swaps
in a new snapshot in one assignment.
"""
