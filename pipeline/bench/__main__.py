"""What a client's process runs; it prints its result as JSON.

python -m pipeline.bench wire|cares ADDRESS:PORT QUESTIONS
python -m pipeline.bench survey STUDY RUN
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from .clients import ask_all, survey

if __name__ == "__main__":
    if sys.argv[1] == "survey":
        print(json.dumps(asdict(survey(Path(sys.argv[2]), Path(sys.argv[3])))))
    else:
        print(json.dumps(asdict(ask_all(sys.argv[1], sys.argv[2], Path(sys.argv[3])))))
