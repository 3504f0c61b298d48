"""Message buses that other programs listen to."""
