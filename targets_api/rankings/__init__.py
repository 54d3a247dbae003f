"""Rankings of units, organisations and collectors."""
