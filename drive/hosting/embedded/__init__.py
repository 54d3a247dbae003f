"""The embedded PostgreSQL: what runs where no DATABASE_URL is set."""
