"""The hand that runs the services: command line, all-in-one start, the demo, the benchmarks."""
