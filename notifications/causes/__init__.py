"""The catalogue of causes that reports name."""
