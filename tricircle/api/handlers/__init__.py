"""What the routes lead to, one file a noun."""
