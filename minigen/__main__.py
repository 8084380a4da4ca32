"""``python -m minigen``: the command line."""

import sys

from minigen.cli import main

sys.exit(main())
