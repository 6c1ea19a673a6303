"""What SMIMEA and OPENPGPKEY share: records that belong to an address, below a name of their own.

The local part is hashed, so a zone does not list its addresses (RFC 7929 §3, RFC 8162 §3):
`<56 hex digits>._openpgpkey.<domain>`. A study's local parts are asked for in two steps: first the
name above them, which is there, mostly as an empty non-terminal, where anything stands below it
(RFC 8020 §2), then the owners. The addresses of a check are asked for at once.

Mail systems mostly ignore the case of a local part, hashes do not: after a miss as written, the
owner of the lower-case form is asked for (RFC 7929 §4, RFC 8162 §4).
"""
