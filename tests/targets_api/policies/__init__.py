"""Tests of the policies of pace."""
