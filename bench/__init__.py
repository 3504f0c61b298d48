"""What README claims, reproduced: `python -m bench [NAME…]` prints the tables."""
