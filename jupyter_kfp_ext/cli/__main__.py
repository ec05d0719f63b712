"""`python -m jupyter_kfp_ext.cli`: the same as `jupyter kfp`, with a chosen interpreter."""

import sys

from .main import main

sys.exit(main())
