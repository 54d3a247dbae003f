"""Cover that runs out, and has not been renewed."""
