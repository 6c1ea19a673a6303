"""What a child process runs; it prints what it found out as JSON.

python -m pipeline.bench ask wire|cares ADDRESS:PORT QUESTIONS FOLDER
python -m pipeline.bench survey STUDY RUN
python -m pipeline.bench served SIZE FOLDER
python -m pipeline.bench asked RUN QUESTIONS
python -m pipeline.bench visit VISITS
python -m pipeline.bench other checkdmarc|pyspf ADDRESS:PORT DOMAINS
"""

import json
import sys
from pathlib import Path

if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    if what == "ask":
        from .asking import ask_all

        engine, address, asked, folder = arguments
        found = ask_all(engine, address, Path(asked), Path(folder))
    elif what == "visit":
        from .visits import visit_all

        found = visit_all(*arguments)
    elif what == "other":
        from .others import check_all

        checker, address, domains = arguments
        found = check_all(checker, address, Path(domains))
    else:
        from . import whole

        steps = {"survey": whole.survey, "served": whole.serve, "asked": whole.write_asked}
        found = steps[what](*arguments)
    print(json.dumps(found))
