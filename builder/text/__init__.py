"""Small things about text that every room may need: JSON pointers, spelling, lines, JSON for clients."""
