"""What is stored and searched."""
