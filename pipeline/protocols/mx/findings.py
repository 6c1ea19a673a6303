"""What can be wrong or notable in MX. Error: senders cannot deliver to such a record."""

from ...words import Level
from ..protocol import Finding

NULL_MX_BESIDE_OTHERS = Finding(
    "mx.null_mx_beside_others",
    Level.ERROR,
    "RFC 7505 §3",
    "a null MX stands beside other MX records",
    "null MX が他の MX と併存している",
    "example.jp. MX 0 .\nexample.jp. MX 10 mx1.example.jp.",
    "If the domain takes mail, remove the null MX (0 .); if it takes none, remove all the others.",
    "メールを受信するなら null MX（0 .）を、受信しないならそれ以外の MX をすべて削除してください。",
)
NULL_MX_PREFERENCE = Finding(
    "mx.null_mx_preference",
    Level.WARNING,
    "RFC 7505 §3",
    "the null MX has a preference other than 0",
    "null MX の優先度が 0 でない",
    "example.jp. MX 10 .",
    "Publish the null MX with preference 0: MX 0 .",
    "null MX の優先度を 0 にして「MX 0 .」と公開してください。",
)
VIA_CNAME = Finding(
    "mx.via_cname",
    Level.NOTE,
    "RFC 5321 §5.1",
    "the domain is an alias; mail goes to the MX of the alias's target",
    "ドメインが CNAME であり、その先の MX に配送される",
    "example.jp. CNAME www.example.net.\nwww.example.net. MX 10 mx.example.net.",
    "Make sure that mail for the domain is really meant to go where the alias leads. "
    "If not, replace the CNAME by records of the domain's own.",
    "このドメイン宛てのメールが CNAME の先に届いてよいか確認してください。"
    "意図しない場合は CNAME をやめ、ドメイン自身にレコードを設定してください。",
)
ADDRESS_LITERAL = Finding(
    "mx.address_literal",
    Level.ERROR,
    "RFC 1035 §3.3.9",
    "an MX names an IP address where a host name must stand",
    "MX にホスト名でなく IP アドレスが書かれている",
    "example.jp. MX 10 192.0.2.1.",
    "Give the mail server a host name with an A or AAAA record, and name that host in the MX.",
    "メールサーバーに A または AAAA レコードを持つホスト名を付け、MX にはそのホスト名を"
    "書いてください。",
)
LOCALHOST = Finding(
    "mx.localhost",
    Level.ERROR,
    "RFC 6761 §6.3",
    "an MX names localhost: every sender would deliver to itself",
    "MX が localhost を指している",
    "example.jp. MX 10 localhost.",
    "Name the host that takes the domain's mail. If there is none, publish the null MX: MX 0 .",
    "メールを受信するホストの名前を書いてください。受信しないドメインでは null MX（MX 0 .）を"
    "公開してください。",
)
SINGLE_LABEL = Finding(
    "mx.single_label",
    Level.WARNING,
    "RFC 5321 §2.3.5",
    "an MX names a host of a single label, not a fully qualified name",
    "MX のホスト名が完全修飾名でない（ラベルが一つ）",
    "example.jp. MX 10 mail.",
    "Write the host's whole name: mail.example.jp.",
    "mail.example.jp. のように、ドメイン名まで含めた完全なホスト名を書いてください。",
)
TARGET_IS_CNAME = Finding(
    "mx.target_is_cname",
    Level.WARNING,
    "RFC 5321 §5.1, RFC 2181 §10.3",
    "an MX names an alias (CNAME); senders need not deliver to it",
    "MX が別名（CNAME）を指している。配送しない送信側がありうる",
    "example.jp. MX 10 mail.example.jp.\nmail.example.jp. CNAME host1.example.net.",
    "Name the alias's target in the MX, or give the host A and AAAA records instead of the CNAME.",
    "MX には CNAME の先のホスト名を直接書くか、CNAME の代わりに A・AAAA レコードを"
    "設定してください。",
)
NO_ADDRESS = Finding(
    "mx.no_address",
    Level.ERROR,
    "RFC 5321 §5.1",
    "an MX names a host that has no address, neither IPv4 nor IPv6",
    "MX のホストにアドレス（A も AAAA も）がない",
    "example.jp. MX 10 old.example.jp.\n(old.example.jp has neither an A nor an AAAA record)",
    "Remove the MX, or give its host an A or AAAA record.",
    "その MX を削除するか、ホストに A または AAAA レコードを設定してください。",
)
SPECIAL_PURPOSE_ADDRESS = Finding(
    "mx.special_purpose_address",
    Level.WARNING,
    "RFC 6890 §2.2.1, RFC 5321 §5.1",
    "an MX names a host whose only addresses are private or otherwise not reachable from the "
    "Internet",
    "MX のホストのアドレスが、プライベートアドレスなどインターネットから届かないものしかない",
    "example.jp. MX 10 mail.example.jp.\nmail.example.jp. A 192.168.0.25",
    "Publish the address at which the Internet reaches the mail server, or remove the MX. "
    "Keep internal addresses in an internal DNS.",
    "インターネットから届くアドレスを公開するか、その MX を削除してください。"
    "内部用のアドレスは内部の DNS だけに置いてください。",
)
DANGLING = Finding(
    "mx.dangling",
    Level.WARNING,
    "RFC 5321 §5.1",
    "an MX leads to a domain that does not exist: whoever registers it can take the mail",
    "MX の指す先のドメインが存在せず、第三者が登録すればメールを受け取れる",
    "example.jp. MX 20 mx.old-provider.example.\n(old-provider.example is not registered)",
    "Remove the MX at once, or register the domain that it names.",
    "その MX をただちに削除するか、指しているドメインを登録してください。",
)
MANY_HOSTS = Finding(
    "mx.many_hosts",
    Level.NOTE,
    "RFC 5321 §5.1",
    "so many MX hosts that not all of them were looked at",
    "MX ホストが多すぎるため、一部しか調べていない",
    "example.jp. MX 10 mx1.example.jp. … MX 10 mx500.example.jp.",
    "Publish only the hosts that take mail: senders try a few of them.",
    "実際にメールを受信するホストだけを公開してください。送信側は一部しか試しません。",
)

FINDINGS = (
    NULL_MX_BESIDE_OTHERS,
    NULL_MX_PREFERENCE,
    VIA_CNAME,
    ADDRESS_LITERAL,
    LOCALHOST,
    SINGLE_LABEL,
    TARGET_IS_CNAME,
    NO_ADDRESS,
    SPECIAL_PURPOSE_ADDRESS,
    DANGLING,
    MANY_HOSTS,
)
