"""By which units alerts of units below are hushed."""
