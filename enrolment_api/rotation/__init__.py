"""Personal data is sealed anew with the first key, while the service runs."""
