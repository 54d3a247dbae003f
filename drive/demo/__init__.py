"""Two launch days in Thanh Hóa, then the whole province, played through the public API and checked figure by figure."""
