"""The protocols of the survey. Adding one is adding its file, and its name here."""

from . import dmarc, dnssec, mx, spf
from .protocol import MailProtocol

ALL: tuple[MailProtocol, ...] = (mx, spf, dmarc, dnssec)
