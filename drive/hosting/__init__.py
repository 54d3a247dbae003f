"""How the services are run: in one process, or in a process each."""
