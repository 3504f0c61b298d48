"""Nodes and coordinators of the sensing mesh, composed: keys, sensing, sockets, state on disk."""
