"""What a sign-up costs."""
