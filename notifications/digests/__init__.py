"""Digests: put, made when they are due, queued once for each time, and shown before."""
