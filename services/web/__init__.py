"""The app every service is made of."""
