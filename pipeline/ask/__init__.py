"""Asking: the loop of waves, its partitions and their pace. Only this room uses the network."""
