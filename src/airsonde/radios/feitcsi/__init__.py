"""Intel AX200/AX210 with FeitCSI."""
