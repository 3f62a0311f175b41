"""URLs and addresses, and which of them may be reached."""
