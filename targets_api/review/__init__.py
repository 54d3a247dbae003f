"""Judges targets, and reports once which fell behind and which recovered."""
