"""The facets of the plan that stand at names of their own, a table each."""

from dataclasses import replace

from ..facet import Facet, Way
from . import bimi, dkim, mtasts, openpgpkey, smimea, tlsrpt
from .more import MORE

RARE = ("mtasts",)
"""What the talk found at 13 of 320,000 domains: fewer than there are ways, so each way is planted
as seldom as can be."""


def planned(facet: Facet) -> Facet:
    """A facet as it is planted: with `MORE`, and at the talk's shares."""
    ways: tuple[Way, ...] = (*facet.ways, *MORE.get(facet.name, ()))
    if facet.name in RARE:
        ways = tuple(replace(way, share=0.0) for way in ways)
    return replace(facet, ways=ways)


ALL: tuple[Facet, ...] = tuple(
    planned(module.FACET) for module in (dkim, bimi, mtasts, tlsrpt, smimea, openpgpkey)
)
BY_NAME = {facet.name: facet for facet in ALL}
