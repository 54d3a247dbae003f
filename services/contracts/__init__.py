"""The messages between services: what is published through the broker, and nothing else."""
