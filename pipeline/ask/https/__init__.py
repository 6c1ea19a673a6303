"""Fetching over HTTPS, by aiohttp: policies, logos and certificates. What came is a fact, unjudged.

A URL is what a stranger wrote into the DNS, and where it leads is hostile. So nothing but https on
port 443 is asked for, no address of special purpose (RFC 6890) is connected to, be it in the URL
or behind its name, and everything that is read has a limit. Redirects are answers, too.

aiohttp asks a second time where the connection was closed before an answer (RFC 9112 §9.3.1).

    fetch.py        what is asked for and read     connecting.py   where to, and who is guarded
    failures.py     what an exception means
"""

from .fetch import Fetched, Fetching, fetch_all

__all__ = ["Fetched", "Fetching", "fetch_all"]
