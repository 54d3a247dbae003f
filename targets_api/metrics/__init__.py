"""Progress and pace of units as metrics, for Prometheus."""
