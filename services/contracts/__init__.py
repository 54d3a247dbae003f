"""The published language: what crosses the broker, and nothing else."""
