"""The protocols of the survey. Adding one is adding its file, and its name here.

Each is judged after those before it, whose states it may read.
"""

from . import (
    bimi,
    dane,
    dkim,
    dmarc,
    dnssec,
    helo,
    mtasts,
    mx,
    openpgpkey,
    parked,
    smimea,
    spf,
    starttls,
    tlsrpt,
)
from .protocol import MailProtocol

ALL: tuple[MailProtocol, ...] = (
    mx,
    helo,
    spf,
    dmarc,
    dkim,
    bimi,
    mtasts,
    tlsrpt,
    starttls,
    dnssec,
    dane,
    smimea,
    openpgpkey,
    parked,
)
