"""What is there for who teaches."""
