"""The commands of `drive`."""
