"""Runs a script of this folder with its arguments, then leaves at once.

Reading through delta-rs leaves threads behind that abort the interpreter, more often than not, while it ends by itself.
An error of the script ends it as ever: with its traceback, and not with 0.
"""

import os
import runpy
import sys

sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
sys.stdout.flush()
os._exit(0)
