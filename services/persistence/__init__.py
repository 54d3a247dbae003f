"""PostgreSQL: the engine, sessions, units of work, locks, and what its errors mean."""
