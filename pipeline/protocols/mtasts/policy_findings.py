"""What an MTA-STS policy can have wrong (RFC 8461 §3.2)."""

from ...words import Level
from ..protocol import Finding

VERSION = Finding(
    "mtasts.policy_version",
    Level.ERROR,
    "RFC 8461 §3.2",
    "the policy has no line version: STSv1 (capitals count)",
    "ポリシーに version: STSv1 の行がない（大文字小文字も区別）",
    "version: STSv2",
    "Begin the policy with the line version: STSv1.",
    "ポリシーの先頭に version: STSv1 の行を置いてください。",
)
MODE = Finding(
    "mtasts.policy_mode",
    Level.ERROR,
    "RFC 8461 §3.2",
    "the policy has no mode, or one that is none of enforce, testing and none",
    "ポリシーに mode がない、または enforce、testing、none のいずれでもない",
    "mode: enforced",
    "Write mode: testing, or mode: enforce once the reports show no failures.",
    "mode: testing と書き、レポートに失敗がないことを確かめてから mode: enforce にしてください。",
)
MAX_AGE = Finding(
    "mtasts.policy_max_age",
    Level.ERROR,
    "RFC 8461 §3.2",
    "the policy has no max_age, or one that is no number of seconds from 0 to 31557600",
    "ポリシーに max_age がない、または 0～31557600 の秒数でない",
    "max_age: 1 week",
    "Give max_age as a plain number of seconds, such as 604800 for a week.",
    "max_age を秒数で書いてください（一週間なら 604800）。",
)
MAX_AGE_SHORT = Finding(
    "mtasts.policy_max_age_short",
    Level.NOTE,
    "RFC 8461 §3.2",
    "max_age is less than a week: the protection lapses soon when fetching is blocked",
    "max_age が一週間未満。取得が妨害されると保護が早く失われる",
    "max_age: 86400",
    "Raise max_age to weeks once the policy has proven itself.",
    "運用が安定したら max_age を数週間に延ばしてください。",
)
MX_MISSING = Finding(
    "mtasts.policy_mx_missing",
    Level.ERROR,
    "RFC 8461 §3.2",
    "the policy names no mx, which only mode none may leave out",
    "ポリシーに mx がない（省略できるのは mode: none のときだけ）",
    "version: STSv1, mode: enforce, max_age: 604800, and no mx",
    "Add one mx line for each MX host of the domain.",
    "ドメインの MX ホストごとに mx の行を追加してください。",
)
MX_INVALID = Finding(
    "mtasts.policy_mx_invalid",
    Level.ERROR,
    "RFC 8461 §3.2",
    "an mx is neither a host name nor *. and a domain name",
    "mx がホスト名でも「*.ドメイン名」でもない",
    "mx: mx*.example.jp",
    "Write a host name without a final dot, or *. in front of a domain name.",
    "末尾のドットなしのホスト名か、「*.ドメイン名」を書いてください。",
)
LINE = Finding(
    "mtasts.policy_line",
    Level.WARNING,
    "RFC 8461 §3.2",
    "a line of the policy is not name: value",
    "ポリシーに「名前: 値」の形でない行がある",
    "# our policy",
    "Remove the line: a policy has no comments, and no space in front of a name.",
    "この行を削除してください。コメントや、名前の前の空白は書けません。",
)
BLANK_LINE = Finding(
    "mtasts.policy_blank_line",
    Level.NOTE,
    "RFC 8461 §3.2",
    "the policy has an empty line, which its grammar does not allow",
    "ポリシーに空行がある（文法上は認められない）",
    "an empty line between mode: and mx:",
    "Remove empty lines from the policy.",
    "ポリシーから空行を取り除いてください。",
)
DUPLICATE = Finding(
    "mtasts.policy_duplicate",
    Level.WARNING,
    "RFC 8461 §3.2",
    "a field other than mx stands there more than once: the first one counts",
    "mx 以外のフィールドが複数ある。最初のものだけが有効",
    "mode: testing, and below it mode: enforce",
    "Keep only one line of each field other than mx.",
    "mx 以外の各フィールドは一行だけにしてください。",
)
UNKNOWN_FIELD = Finding(
    "mtasts.policy_unknown_field",
    Level.NOTE,
    "RFC 8461 §3.2",
    "a field that the standard does not know: ignored",
    "規格にないフィールド。無視される",
    "Mode: enforce",
    "Remove the field, or write its name in lower case if a known one is meant.",
    "このフィールドを削除するか、既知のフィールドであれば名前を小文字で書いてください。",
)
BYTE_ORDER_MARK = Finding(
    "mtasts.policy_byte_order_mark",
    Level.ERROR,
    "RFC 8461 §3.2",
    "an invisible byte order mark stands before the first field, which cannot be read so",
    "先頭に見えないバイト順マーク（BOM）があり、最初のフィールドが読めない",
    "the octets EF BB BF before version: STSv1",
    "Save the file as UTF-8 without a byte order mark, or as ASCII.",
    "ファイルを BOM なしの UTF-8 または ASCII で保存してください。",
)
TOO_LARGE = Finding(
    "mtasts.policy_too_large",
    Level.ERROR,
    "RFC 8461 §3.3",
    "the policy is larger than 64 kilobytes, where senders stop reading",
    "ポリシーが 64 KB を超えている。送信側は読み込みを打ち切る",
    "a body of 100,000 octets",
    "Serve the policy alone: it needs a few lines only.",
    "ポリシーだけを配信してください。数行で足ります。",
)
POLICY_FINDINGS = (
    VERSION,
    MODE,
    MAX_AGE,
    MAX_AGE_SHORT,
    MX_MISSING,
    MX_INVALID,
    LINE,
    BLANK_LINE,
    DUPLICATE,
    UNKNOWN_FIELD,
    BYTE_ORDER_MARK,
    TOO_LARGE,
)
