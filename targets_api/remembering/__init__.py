"""Answers of reads, remembered until something changes that they depend on."""
