"""The tables of contributions: the shipped file, and that of the operator."""
