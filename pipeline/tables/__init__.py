"""What is published: counts and shares, no domain's name.

states, findings ─► adoption, mistakes, disagreement ─► CSV, Markdown, Parquet, terminal
"""

from .published import About, Published, publish, published

__all__ = ["About", "Published", "publish", "published"]
