"""Many sensing nodes as one: messages, roles and plans, decided from what was seen."""
