"""Runs a command in a pseudo-terminal: what it writes there comes out here, and it ends as the command does."""

import os
import pty
import sys

sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
