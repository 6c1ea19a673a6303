"""What people read: pages of a terminal, charts, notebooks."""
