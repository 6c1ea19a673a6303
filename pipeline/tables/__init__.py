"""What is published: counts and shares, no domain's name but those of operators that many share.

states, findings ─► adoption, mistakes, disagreement, parked, providers ─► files, terminal
"""

from .published import About, Published, publish, published

__all__ = ["About", "Published", "publish", "published"]
