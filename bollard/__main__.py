"""`python -m bollard` is the same as `bollard`."""

import sys

from bollard.cli import main

sys.exit(main())
