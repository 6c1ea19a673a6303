"""How well is e-mail protected in the DNS, country by country?

One idea: ask once, keep what came back, conclude as often as you like.

    lists ─► domains ─► asks ─► facts ─► records ─► findings ─► states ─► tables ─► notebooks
                         ▲        │
                         └────────┘  follow-ups, wave by wave, until nothing new is asked

    cli.py          the commands (arguments.py: what a user typed, read)
    config.py       a study: TOML → typed settings (tomlread.py: any dataclasses)
    words.py        the closed vocabularies
    schema/         every stored column, defined once
    message.py      DNS messages: bytes to names and records, and back (messages.py: many at once)
    store.py        Parquet in and out, atomic
    manifest.py     what ran
    population/     who is counted: lists, cohorts, public suffixes
    run.py          a run's folder and its stages in order
    reaching.py     the stage beyond the DNS: mail servers, policies, logos
    workers.py      where partitions run
    ask/            waves (the loop), partitions, their facts, pace, dns/ (the engines),
                    beyond (the waves behind them), smtp/, https
    protocols/      one file or folder a protocol: asks, parse, judge
    judge/          facts → findings → states, for all protocols
    check.py why.py one domain: now, or as a run saw it
    rejudge/ explain.py sample/   the rules themselves: two versions, one finding, a sheet by hand
    tables/         what is published
    report/         charts and notebooks
    bench/          how fast it is beside others, and what larger populations would take
    lab/            the embedded internet: a planned population with known truth, on loopback

Imports point one way: words ← schema, message(s) ← protocols ← ask, judge ← tables ← report ← cli.
"""
