"""Runs a command on a pseudo-terminal: runpty.py COLUMNS ROWS COMMAND ARGUMENT...

What the command prints goes to stdout. Lines on stdin control it: `size COLUMNS ROWS` changes the size of the
terminal, `interrupt` presses Ctrl-C. Ends with the exit code of the command.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios


def resize(terminal, columns, rows):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", int(rows), int(columns), 0, 0))


def control(terminal, line):
    words = line.split()
    if words[:1] == ["size"]:
        resize(terminal, *words[1:3])
    elif words[:1] == ["interrupt"]:
        os.write(terminal, b"\x03")


def main():
    child, terminal = pty.fork()
    if child == 0:
        resize(sys.stdout.fileno(), sys.argv[1], sys.argv[2])
        os.execvp(sys.argv[3], sys.argv[3:])
    sources = [terminal, sys.stdin.fileno()]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if terminal in ready:
            try:
                data = os.read(terminal, 65536)
            except OSError:
                data = b""
            if not data:
                break
            os.write(sys.stdout.fileno(), data)
        if sys.stdin.fileno() in ready:
            data = os.read(sys.stdin.fileno(), 65536)
            if not data:
                sources.remove(sys.stdin.fileno())
            for line in data.decode().splitlines():
                control(terminal, line)
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) % 256)


main()
