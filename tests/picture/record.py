"""Records `sidestream demo` in a terminal of its own, as a person would use it, to an asciicast.

Usage: record.py SIDESTREAM FOLDER CAST
"""

import json
import sys
import time

import pexpect

COLUMNS, ROWS = 92, 20
PROMPT, QUESTION = "› ", "instead: "


class Recorder:
    """Stands between the program and the file: everything read is written with its time."""

    def __init__(self, cast):
        self.cast = cast
        self.began = time.monotonic()
        header = {"version": 2, "width": COLUMNS, "height": ROWS}
        cast.write(json.dumps(header) + "\n")

    def write(self, text):
        passed = round(time.monotonic() - self.began, 3)
        self.cast.write(json.dumps([passed, "o", text]) + "\n")

    def flush(self):
        pass


def typed(child, text):
    """Sends a line at a person's pace."""
    for letter in text:
        child.send(letter)
        time.sleep(0.04)
    time.sleep(0.4)
    child.send("\r")


def main():
    program, folder, path = sys.argv[1:]
    with open(path, "w", encoding="utf-8") as cast:
        recorder = Recorder(cast)
        recorder.write("$ cargo run --release -- demo\r\n")
        child = pexpect.spawn(
            program,
            ["demo", "-C", folder],
            dimensions=(ROWS, COLUMNS),
            encoding="utf-8",
            timeout=120,
        )
        child.logfile_read = recorder
        child.expect_exact(PROMPT)
        typed(child, "Hello")
        child.expect_exact("permission.")
        child.expect_exact(PROMPT)
        typed(child, "say: bash: sleep 2; echo hi")
        child.expect_exact(QUESTION)
        time.sleep(1)
        typed(child, "o")
        child.expect_exact(PROMPT)
        time.sleep(3)
        # A picture of its own, so that the recording rests before it begins anew.
        recorder.write(" ")
        child.sendeof()
        child.expect(pexpect.EOF)
        child.close()
        if child.exitstatus != 0:
            sys.exit(f"the demo ended with {child.exitstatus}")


if __name__ == "__main__":
    main()
