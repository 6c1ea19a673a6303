"""`python -m pipeline.lab.hosting`: the child that `hosting.start` starts."""

import sys

from .serving import main

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
