"""The chassis: what every service stands on. It knows none of them."""
