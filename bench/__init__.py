"""The benchmarks: each figure as a ratio to a yardstick measured in the same run, since machines are noisy."""
