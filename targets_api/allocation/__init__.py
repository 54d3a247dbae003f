"""Share a target out to those below it, and see whether shares add up."""
