"""Silences: put, listed, ended."""
