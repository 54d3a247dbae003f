"""Runs the services: command line, hosting in one process or several, the demo."""
