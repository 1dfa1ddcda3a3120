"""Runs the command line: ``python -m cica_qa.cli``."""

import sys

from cica_qa.cli import main

sys.exit(main())
