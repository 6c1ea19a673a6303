"""The commands. Each is a short function; what it does lives in the module that it calls."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

RUNS = Path("data/runs")
USAGE = 2
PLAIN: dict[str, Any] = {"no_args_is_help": True, "rich_markup_mode": None}
"""Help as plain text: to load what draws boxes around it takes longer than all the rest of it."""
app = typer.Typer(
    **PLAIN,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="How well is e-mail protected in the DNS, country by country? Ask once, keep what came "
    "back, conclude as often as you like.\n\nOnly crawl and check ask anything of the network.\n\n"
    "Start with: mailsurvey crawl configs/lab.toml",
)
lab_app = typer.Typer(**PLAIN, help="The embedded internet: serve, replay or export it.")
app.add_typer(lab_app, name="lab")

Run = Annotated[Path, typer.Argument(help="A run's folder, such as data/runs/lab-20260101-120000.")]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Errors of the user's making end in a line and status 2; of disk or memory, 4; Ctrl-C, 130."""
    try:
        yield
    except Exception as error:
        status = status_of(error)
        if status is None:
            raise
        typer.echo(f"mailsurvey: {error}", err=True)
        raise typer.Exit(status) from None


def status_of(error: Exception) -> int | None:
    """The exit status that an error stands for; None: it is a mistake of the program's."""
    from .config import ConfigError  # here, for a command that succeeds needs not all of them
    from .lab.answering import LabError
    from .lab.zone import ZoneError
    from .run import Interrupted, NoResolver
    from .store import StoreError

    if isinstance(error, ConfigError | LabError | ZoneError | NoResolver):
        return USAGE
    if isinstance(error, StoreError):
        return 4
    return 130 if isinstance(error, Interrupted) else None


@app.command()
def crawl(
    config: Annotated[Path, typer.Argument(help="The study, a TOML file.")] = Path(
        "configs/lab.toml"
    ),
    engine: Annotated[
        str | None, typer.Option(help="wire or cares, instead of the study's.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Start a new run even if one is unfinished.")
    ] = False,
    runs: Annotated[Path, typer.Option(help="The folder that holds the runs.")] = RUNS,
    run: Annotated[
        str | None, typer.Option(help="The run's name in that folder, to choose it yourself.")
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(help="smtp, https: leave mail servers, or policies and logos, alone."),
    ] = None,
    lab_log: Annotated[
        Path | None, typer.Option(help="Where the embedded lab logs each question.")
    ] = None,
) -> None:
    """Ask, visit, judge and print the tables.

    Sends DNS questions to the study's resolvers, begins and ends a session with each mail server
    (port 25, no mail is sent), and fetches MTA-STS policies and BIMI logos over HTTPS.

    Reads the study and its lists; writes RUNS/<study>-<time>/. Interrupted by Ctrl-C or a kill, the
    same command goes on where it stopped and asks nothing again that was kept.

    Example: mailsurvey crawl configs/lab.toml

    Exit status: 0 done, 2 a wrong study or list or no resolver, 4 the disk or a worker
    process that was ended, 130 stopped.

    Next: mailsurvey why RUN DOMAIN spf, or make notebooks.
    """
    from . import run as stages
    from .config import load_study
    from .report.progress import echo
    from .tables.reference import load_references

    with one_line_errors():
        study = stages.without(stages.with_engine(load_study(config), engine), skip or ())
        load_references(study.reference)  # a wrong name is told before the first question
        store = stages.open_run(study, runs, new=new, name=run)
        stages.crawl(study, store, echo(), lab_log)
        show_tables(store, judge_first=True)


@app.command()
def judge(run: Run) -> None:
    """Judge a run's facts again, by the rules of this version. Sends nothing.

    Prints the tables, too.

    Reads RUN/facts; replaces RUN/states.parquet, findings.parquet and tables/.

    Example: mailsurvey judge data/runs/lab-20260101-120000
    """
    from .arguments import opened

    with one_line_errors():
        show_tables(opened(run), judge_first=True)


@app.command()
def tables(run: Run) -> None:
    """Print a run's tables, made anew from its states and findings. Sends nothing.

    Example: mailsurvey tables data/runs/lab-20260101-120000
    """
    from .arguments import opened

    with one_line_errors():
        show_tables(opened(run), judge_first=False)


def show_tables(store: Any, *, judge_first: bool) -> None:
    """Judge if wanted, make tables and charts, print them, and say where everything lies."""
    from . import run as stages
    from .report.figures import draw
    from .report.progress import echo
    from .tables.published import UNFINISHED
    from .tables.render import terminal

    if judge_first:
        stages.judge_run(store, echo().bar)
    elif not store.has("states.parquet"):
        raise typer.BadParameter(f"{store.root} was never judged: mailsurvey judge does it")
    made = stages.tables_run(store)
    if not made.about.is_finished:
        typer.secho(UNFINISHED, bold=True)
    typer.echo(terminal(made))
    for name, chart in draw(made):
        store.write_text(f"charts/{name}.svg", chart)
    typer.echo(f"\nEverything lies in {store.root}")
    typer.echo("  tables/ (CSV, Parquet, Markdown) and charts/ (SVG): what is published")
    typer.echo("  states.parquet, findings.parquet: what it means, domain by domain")
    typer.echo("  facts/ (what came back), rejects.parquet, manifest.json (what ran)")


@app.command()
def check(
    domains: Annotated[
        list[str],
        typer.Argument(help="Domains, as you would write them, or addresses: local@domain."),
    ],
    zone: Annotated[
        Path | None, typer.Option(help="Offline: answer from this JSON zone file.")
    ] = None,
    resolver: Annotated[
        list[str] | None, typer.Option(help="address[:port]; default: the system's.")
    ] = None,
    selector: Annotated[
        list[str] | None,
        typer.Option(help="Ask for this DKIM selector instead of the list; repeatable."),
    ] = None,
    reach: Annotated[
        bool,
        typer.Option("--reach", help="Visit its mail servers, fetch its policy and logo, too."),
    ] = False,
    helo: Annotated[
        str, typer.Option(help="With --reach: our name; default: this machine's.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a domain, one a line.")
    ] = False,
    lang: Annotated[str, typer.Option(help="en or ja: the language of the messages.")] = "en",
) -> None:
    """One domain, now, in full, by the same code as a crawl. Sends packets only without --zone.

    Exit status: 0 nothing wrong, 1 an error found, 3 something unknown, 2 usage.

    An address adds the S/MIME and OpenPGP records that belong to it.

    Example: mailsurvey check example.jp --zone zone.json --json
    """
    from . import arguments
    from . import check as checks
    from .report.page import page
    from .report.terminal import json_line

    with one_line_errors():
        targets = [arguments.target(text) for text in domains]
        selectors = [arguments.selector(text) for text in selector or ()]
        if lang not in ("en", "ja"):
            raise typer.BadParameter(f"--lang {lang}: allowed are en, ja")
        asked = arguments.source(zone, resolver or [])
        if reach:
            asked = arguments.reaching(asked, helo)
        for line in checks.unobserved(asked):
            typer.echo(f"mailsurvey: {line}", err=True)
        reports = checks.check_all(targets, asked, selectors, lang)
    for report in reports:
        typer.echo(json_line(report) if as_json else page(report, lang))
    raise typer.Exit(checks.exit_status(reports))


@app.command()
def why(
    run: Run,
    domain: Annotated[str, typer.Argument(help="A domain of the run's population.")],
    facet: Annotated[
        str, typer.Argument(help="mx, spf, dmarc, dkim, … : a key of the JSON of `check`.")
    ],
) -> None:
    """The trail behind a verdict: asks, messages, findings, state. Sends nothing.

    The messages are shown as dig does.

    Example: mailsurvey why data/runs/lab-20260101-120000 example.jp spf
    """
    from . import arguments
    from .manifest import read
    from .protocols import ALL
    from .run import context_of
    from .why import explain

    store = arguments.opened(run)
    protocols = {protocol.NAME: protocol for protocol in ALL}
    if facet not in protocols:
        raise typer.BadParameter(f"no facet {facet!r}: allowed are {', '.join(protocols)}")
    context = context_of(read(store), store)
    try:
        for line in explain(store, protocols[facet], arguments.domain(domain), context):
            typer.echo(line)
    except KeyError:
        raise typer.BadParameter(f"{domain} is not in the population of {run}") from None


@app.command()
def columns() -> None:
    """The data dictionary: every stored column and every finding. Sends nothing.

    Example: mailsurvey columns
    """
    from .judge.dictionary import markdown

    typer.echo(markdown())


@app.command()
def notebooks(
    run: Annotated[
        Path | None, typer.Argument(help="A run's folder; the newest if left out.")
    ] = None,
    runs: Annotated[Path, typer.Option(help="The folder that holds the runs.")] = RUNS,
) -> None:
    """Run the notebooks on a run. Sends nothing.

    Writes the executed copies to RUN/notebooks/.

    Example: mailsurvey notebooks
    """
    from .report.notebooks import execute_all

    with one_line_errors():
        for path in execute_all(run, runs):
            typer.echo(path)


@app.command()
def bench(
    questions: Annotated[
        int, typer.Option(min=1000, help="How many questions each engine asks.")
    ] = 1_000_000,
    size: Annotated[
        list[int] | None,
        typer.Option(
            min=1000, help="A size of the lab, in .jp domains; repeatable. Default: four sizes."
        ),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(help="engines, resolver, lab, visits, start, others; repeatable."),
    ] = None,
) -> None:
    """How fast this is beside dnsperf and other tools, on loopback; about an hour in full.

    Needs nsd, unbound and dnsperf. Every figure is a ratio within one run, the middle one of three.
    Writes all results to data/runs/bench.json; what is not measured this time stays there.

    Example: mailsurvey bench --part engines --questions 200000

    Next: mailsurvey simulate: what larger populations would take.
    """
    from . import bench as measuring

    if wrong := set(part or ()) - set(measuring.PARTS):
        allowed = ", ".join(measuring.PARTS)
        raise typer.BadParameter(f"--part {min(wrong)}: allowed are {allowed}")
    with one_line_errors():
        measuring.main(questions, size or measuring.SIZES, part or measuring.PARTS)


@app.command()
def simulate(
    rate: Annotated[
        float, typer.Option(min=0.1, help="Questions a second, to all resolvers together.")
    ] = 1000.0,
    results: Annotated[Path, typer.Option(help="What bench wrote.")] = RUNS / "bench.json",
) -> None:
    """What .jp, .nl and .com would take, computed from what bench measured here. Sends nothing.

    Says which figures were measured and which are computed.

    Example: mailsurvey simulate --rate 500
    """
    from .bench.simulate import main as computing

    typer.echo(computing(results, rate))


@app.command()
def rejudge(
    run: Run,
    against: Annotated[
        Path | None,
        typer.Option(
            help="Another run's folder with the same facts, or a folder that holds another "
            "version's package `pipeline`: a checkout, a site-packages. Default: what RUN holds "
            "since it was last judged."
        ),
    ] = None,
    python: Annotated[
        Path | None,
        typer.Option(help="What runs the other version; default: its own, else this one."),
    ] = None,
) -> None:
    """The same facts under two versions of the rules: what changed. Sends nothing.

    After is always this version's rules on RUN's facts; before is what --against says. So a mended
    rule is never taken for a trend: between two crawls compare only what this finds unchanged.
    Writes RUN/tables/rejudged (CSV, Parquet, Markdown): by finding code the domains gained, lost
    and kept, by state column the domains that changed, and the cells of the published tables. RUN's
    own verdicts stay as they are.

    Exit status: 0 nothing changed, 1 something did, 2 not to be compared (other facts, never
    judged). What only one version has (a new column or code) is listed, and is no change.

    Example: mailsurvey rejudge data/runs/lab-20260101-120000 --against ../mailsurvey-0.1

    Next: mailsurvey explain CODE; mailsurvey judge RUN takes this version's verdicts over.
    """
    from .arguments import opened
    from .rejudge import rejudge as compare
    from .rejudge.shown import lines

    store = opened(run)
    with one_line_errors():
        made = compare(store, against, python)
    for line in lines(made):
        typer.echo(line)
    typer.echo(f"\nIn full: {run}/tables/rejudged.csv")
    raise typer.Exit(int(made.is_changed))


@app.command()
def explain(
    code: Annotated[
        str | None, typer.Argument(help="A finding's code, as spf.ptr; none lists them all.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="en or ja; both if left out.")] = None,
) -> None:
    """What a finding means, its RFC, an example and what to do. Reads and sends nothing.

    Exit status: 0, or 2 where there is no such code: those that are close are named.

    Example: mailsurvey explain spf.ptr --lang ja
    """
    import shutil

    from .explain import BOTH, MOST, explained, listing

    languages = tuple(one for one in BOTH if lang in (None, one))
    if not languages:
        raise typer.BadParameter(f"--lang {lang}: allowed are {', '.join(BOTH)}")
    cells = min(MOST, shutil.get_terminal_size((MOST, 24)).columns)
    with one_line_errors():
        shown = listing(languages, cells) if code is None else explained(code, languages, cells)
        for line in shown:
            typer.echo(line)


@app.command()
def sample(
    run: Run,
    code: Annotated[str, typer.Argument(help="The finding whose rule is to be checked.")],
    size: Annotated[int, typer.Option("-n", min=2, max=10_000, help="How many domains.")] = 100,
    seed: Annotated[int, typer.Option(help="Another seed draws other domains.")] = 1,
    score: Annotated[
        Path | None, typer.Option(help="Compare this filled sheet with its key instead.")
    ] = None,
) -> None:
    """A seeded sheet for checking a rule by hand. Sends nothing.

    The program's verdicts are hidden.

    Half of the domains have the finding; half do not, drawn among those where the protocol's state
    is known and one of its own first questions was answered with a record. Fewer of one kind are
    made up by the other. Each line shows all that was asked and came back; write yes, no or unclear
    into `verdict`, and leave the key closed until then.

    Writes RUN/samples/CODE-nN-seedS.csv (UTF-8, for a spreadsheet) and CODE-nN-seedS-key.csv; a
    sheet that is there and was filled in is never replaced.

    Example: mailsurvey sample data/runs/lab-20260101-120000 spf.ptr -n 100

    Next: mailsurvey sample RUN CODE --score SHEET: agreement, false positives and negatives.
    """
    from . import sample as samples
    from .arguments import opened
    from .sample.score import lines

    store = opened(run)
    with one_line_errors():
        if score is not None:
            for line in lines(samples.score(store, code, score)):
                typer.echo(line)
            return
        drawn = samples.draw(store, code, size, seed)
    typer.echo(f"{drawn.sheet}")
    typer.echo(f"  {drawn.with_it + drawn.without:,} domains in a drawn order; fill in `verdict`")
    typer.echo(f"  then: mailsurvey sample {run} {code} --score {drawn.sheet}")
    typer.echo(f"{drawn.key}: the program's verdicts, for afterwards")
    if drawn.with_it + drawn.without < size or drawn.with_it < size // 2:
        typer.echo("  fewer than asked for, or not half and half: the run has no more of a kind")


@lab_app.command()
def serve(
    zone: Annotated[
        Path, typer.Option(help="A JSON zone, or JSON lines of records, plain or gzipped.")
    ],
    port: Annotated[
        int, typer.Option(help="UDP and TCP port on 127.0.0.1; 0 takes a free one.")
    ] = 5300,
    log: Annotated[Path | None, typer.Option(help="Log each question into this file.")] = None,
) -> None:
    """Serve a zone file on loopback until Ctrl-C.

    Answers like a validating recursive resolver.

    Example: mailsurvey lab serve --zone zone.json --port 5300
    """
    serve_source(f"zone:{zone}", port, log)


@lab_app.command()
def replay(
    run: Run,
    port: Annotated[
        int, typer.Option(help="UDP and TCP port on 127.0.0.1; 0 takes a free one.")
    ] = 5300,
    log: Annotated[Path | None, typer.Option(help="Log each question into this file.")] = None,
) -> None:
    """Serve an earlier run's messages again on loopback, until Ctrl-C.

    Example: mailsurvey lab replay data/runs/lab-20260101-120000
    """
    from .arguments import opened

    opened(run)
    serve_source(f"replay:{run}", port, log)


def serve_source(source: str, port: int, log: Path | None) -> None:
    """Serve in this process."""
    from .lab.server import serve as serve_forever

    with one_line_errors():
        serve_forever(source, port=port, log=log)


@lab_app.command()
def export(
    config: Annotated[Path, typer.Argument(help="A study that has a lab table.")] = Path(
        "configs/lab.toml"
    ),
    folder: Annotated[Path, typer.Argument(help="Where to write.")] = Path("data/lab"),
) -> None:
    """Write the planned internet: its lists, its records and its truth. Sends nothing.

    jp.txt, go-jp.txt, go-jp.csv: the lists. zone.json.gz: the records, for
    `lab serve --zone` and `check --zone`. root.zone: the same as one master file,
    for NSD and other authoritative servers; it cannot hold what is planned to
    fail, nor each domain's SOA, and how many it leaves out is printed.
    truth.parquet: what a crawl has to find, domain by domain.

    Example: mailsurvey lab export configs/lab.toml data/lab
    """
    from .config import load_study
    from .lab.export import write

    with one_line_errors():
        for said in write(load_study(config), folder):
            typer.echo(said)


def main() -> None:
    """The command `mailsurvey`."""
    gc.set_threshold(100_000)  # else what stays loaded is gone through again and again: 0.1 s
    try:
        app()
    finally:
        gc.freeze()  # and once more at the end


if __name__ == "__main__":
    main()
