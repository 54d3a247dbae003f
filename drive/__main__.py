"""`python -m drive`, the same as `drive`."""

from drive.cli import app

app()
