"""What is wrong with a definition, as values with places, and every rule that tells it. Knows no file format."""
