"""Tests of following the registry."""
