"""Real Heat's verdicts on parameters, asked live or recorded, and what ours are compared on."""
