"""What tests need besides Python: each is found, or gotten where that is allowed."""
