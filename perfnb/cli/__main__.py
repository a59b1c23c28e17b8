"""``python -m perfnb.cli``."""

import sys

from perfnb.cli import main

sys.exit(main())
