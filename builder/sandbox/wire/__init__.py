"""What the sandbox says on the wire: HTTP, Keystone's API, Heat's API."""
