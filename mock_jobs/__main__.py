"""`python -m mock_jobs`: the command `mock-jobs`, where scripts are not on the path."""

import sys

from mock_jobs.cli import main

sys.exit(main())
