"""Tests of targets_api.attainment."""
