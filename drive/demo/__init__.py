"""The story of two launch days in Thanh Hóa, played through the public API and checked figure by figure."""
