"""The closed vocabularies. A value that is not listed here is never stored."""

from enum import IntEnum, StrEnum


class Outcome(StrEnum):
    """What became of one DNS question. A failure is never an absence."""

    ANSWERED = "answered"  # NOERROR, a record of the asked type at the end of the alias chain
    NO_DATA = "no_data"  # NOERROR without one (RFC 2308 §2.2)
    NO_NAME = "no_name"  # NXDOMAIN (RFC 2308 §2.1); after a CNAME: of the chain's end (RFC 6604 §3)
    SERVER_FAILURE = "server_failure"
    REFUSED = "refused"
    OTHER_RCODE = "other_rcode"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TRUNCATED = "truncated"  # TC over UDP, and TCP did not bring the rest
    MALFORMED = "malformed"  # an answer to our question that cannot be read
    NOT_ASKED = "not_asked"  # a limit of the study, or an engine that cannot ask this


SETTLED = (Outcome.ANSWERED, Outcome.NO_DATA, Outcome.NO_NAME)
"""The outcomes that say something about the domain; all others only about the asking."""


class FetchOutcome(StrEnum):
    """What became of one HTTPS fetch."""

    ANSWERED = "answered"  # a status and a body, whatever they say
    NO_HOST = "no_host"  # the host's name does not exist, or has no address
    CERTIFICATE = "certificate"  # no valid one for the host's name
    TLS_ERROR = "tls_error"  # the handshake, for another reason
    TOO_MUCH = "too_much"  # more octets than what is fetched may have
    NOT_HTTP = "not_http"  # what came is no HTTP
    DROPPED = "dropped"  # closed in the middle
    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"  # no way to the address, or the host's address is not known
    NOT_ASKED = "not_asked"  # a limit of the study, or an address that must not be connected to


FETCH_FAILED = (
    FetchOutcome.DROPPED,
    FetchOutcome.TIMEOUT,
    FetchOutcome.REFUSED,
    FetchOutcome.UNREACHABLE,
)
"""The outcomes that speak only of the fetching, and may be others a little later."""


class SmtpOutcome(StrEnum):
    """What became of one visit to a mail server. Only the first five speak of STARTTLS."""

    ENCRYPTED = "encrypted"  # the TLS handshake succeeded, whatever the certificate
    NOT_OFFERED = "not_offered"  # an EHLO reply without STARTTLS, or no EHLO known
    STARTTLS_REFUSED = "starttls_refused"  # offered, and then answered otherwise than with 220
    HANDSHAKE_FAILED = "handshake_failed"
    INJECTED = "injected"  # clear text behind the 220 of STARTTLS
    UNAVAILABLE = "unavailable"  # 421, or another 4xx to the connection or EHLO: for now
    TURNED_AWAY = "turned_away"  # 5xx to the connection or EHLO: we are not welcome
    NO_BANNER = "no_banner"  # connected, and nothing came
    NOT_SMTP = "not_smtp"  # what came is no reply
    TOO_MUCH = "too_much"  # beyond the limits on octets and lines
    DROPPED = "dropped"  # closed in the middle
    TIMEOUT = "timeout"  # no connection in time, or silence in the middle
    REFUSED = "refused"  # nobody listens there
    UNREACHABLE = "unreachable"  # no way to the address
    NOT_ASKED = "not_asked"  # a limit of the study, or an address that must not be visited


class Purpose(StrEnum):
    """Why a question is asked; the same question may be asked once for each purpose."""

    SURVEY = "survey"
    CONFIRM = "confirm"  # SERVFAIL once more after CD=1 was answered: bogus, not broken
    AGAIN = "again"  # TLSA once more, where a host's certificates do not fit the first answer
    AUDIT = "audit"  # the random sample that the other engine repeats


class EngineName(StrEnum):
    """Who asked."""

    WIRE = "wire"  # own sockets, whole messages
    CARES = "cares"  # aiodns and c-ares; messages rebuilt
    ZONE = "zone"  # no network: answers out of a zone file


class Transport(StrEnum):
    """How the kept message came."""

    UDP = "udp"
    TCP = "tcp"


class State(StrEnum):
    """One facet at one domain. Facets with a list of their own end it with the last three."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"  # asked, no answer
    NOT_OBSERVED = "not_observed"  # not asked, or the answer cannot be trusted
    NOT_APPLICABLE = "not_applicable"


class Level(StrEnum):
    """How much a finding matters."""

    ERROR = "error"  # receivers act as if the record were broken
    WARNING = "warning"
    NOTE = "note"


class Denominator(StrEnum):
    """Which domains of a cohort a share is a share of."""

    LISTED = "listed"
    EXISTS = "exists"  # the name is not NXDOMAIN
    WITH_MX = "with_mx"  # at least one MX that is not a null MX (RFC 7505)
    MAIL_CAPABLE = "mail_capable"  # with_mx, or the implicit MX of RFC 5321 §5.1


class QType(IntEnum):
    """The record types that the survey asks or meets (IANA DNS parameters)."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    MX = 15
    TXT = 16
    AAAA = 28
    SRV = 33
    DS = 43
    DNSKEY = 48
    TLSA = 52
    SMIMEA = 53
    OPENPGPKEY = 61
    SPF = 99
    CAA = 257
