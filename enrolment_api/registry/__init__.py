"""Units, organisations and collectors: who there is, and where."""
