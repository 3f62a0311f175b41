"""How processes live and end: sockets, workers, signals, hardening, and the drain at a stop."""
