"""Runs a command in a pseudo-terminal, as a person would who takes each default, and prints the questions as JSON.

guide.py LAST COMMAND...: LAST is a question that gets the answer "n"; what comes after it is not waited for.
"""

import json
import os
import pty
import re
import select
import signal
import sys

last, command = sys.argv[1], sys.argv[2:]
process, terminal = pty.fork()
if process == 0:
    os.execvp(command[0], command)

questions, said, everything = [], "", ""
while not questions or last not in questions[-1]:
    readable, _, _ = select.select([terminal], [], [], 60)
    try:
        chunk = os.read(terminal, 65536).decode(errors="replace") if readable else ""
    except OSError:  # it has ended
        chunk = ""
    if chunk == "":
        sys.exit(f"{' '.join(command)} did not come to the question {last}:\n{everything}")
    said, everything = said + chunk, everything + chunk
    # A question has its default in brackets; whatever else is in brackets and before a colon has another line after it.
    question = re.search(r"([^\r\n]+) \[[^\]]*\]: (?:\x1b\[\d+m)*$", said)
    if question:
        questions.append(re.sub(r"\x1b\[\d*m", "", question[1]).strip())
        os.write(terminal, b"n\n" if last in questions[-1] else b"\n")
        said = ""
os.kill(process, signal.SIGKILL)
print(json.dumps(questions))
