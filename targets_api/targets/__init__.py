"""Targets and the baselines they are measured from."""
