"""The cloud: Keystone sessions, Heat stacks, and what their failures mean to a client.

The OpenStack clients are imported here, and Heat's in the kind that calls it. They are slow to import and blocking to
call: nothing in this room may run on the event loop.
"""
