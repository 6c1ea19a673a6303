"""The embedded internet: a planned population with known truth, served on loopback."""
