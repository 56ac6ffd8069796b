"""``python -m oneapi`` is ``oneapi``."""

import sys

from oneapi.entrypoints.cli import main

# Worker processes import this module again.
if __name__ == "__main__":
    sys.exit(main())
