#!/usr/bin/env python3
"""Draws a captured terminal: tmux capture-pane -e -p | terminal_to_png.py OUT.png (needs chromium)."""

import html
import pathlib
import re
import subprocess
import sys
import tempfile
import unicodedata

BACKGROUND, FOREGROUND = "#14161b", "#e0e2ea"
BASIC = ["#07080d", "#ffc0b9", "#b3f6c0", "#fce094", "#a6dbff", "#ffcaff", "#8cf8f7", "#eef1f8"]
WIDTH, HEIGHT = 9.63, 20


def indexed(number):
    """A colour of the terminal's palette of 256."""
    if number < 16:
        return BASIC[number % 8]
    if number >= 232:
        level = 8 + (number - 232) * 10
        return f"#{level:02x}{level:02x}{level:02x}"
    steps = [0, 95, 135, 175, 215, 255]
    number -= 16
    return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])


def apply(style, codes):
    """Changes a style as one SGR sequence says."""
    codes = iter([int(code or 0) for code in re.split("[;:]", codes)] or [0])
    flags = {1: "bold", 3: "italic", 4: "underline", 7: "reverse", 9: "struck"}
    ends = {22: "bold", 23: "italic", 24: "underline", 27: "reverse", 29: "struck"}
    for code in codes:
        if code == 0:
            style.clear()
        elif code in flags:
            style[flags[code]] = True
        elif code in ends:
            style.pop(ends[code], None)
        elif code in (38, 48):
            key = "ink" if code == 38 else "paper"
            if next(codes, 0) == 2:
                style[key] = "#%02x%02x%02x" % (next(codes), next(codes), next(codes))
            else:
                style[key] = indexed(next(codes, 0))
        elif code == 39:
            style.pop("ink", None)
        elif code == 49:
            style.pop("paper", None)
        elif 30 <= code < 38 or 90 <= code < 98:
            style["ink"] = BASIC[code % 10]
        elif 40 <= code < 48 or 100 <= code < 108:
            style["paper"] = BASIC[code % 10]


def cell(style, column, row, width, letter):
    ink, paper = style.get("ink", FOREGROUND), style.get("paper", BACKGROUND)
    if style.get("reverse"):
        ink, paper = paper, ink
    looks = f"left:{column * WIDTH:.2f}px;top:{row * HEIGHT}px;width:{width * WIDTH + 0.5:.2f}px;color:{ink};background:{paper};"
    looks += "font-weight:bold;" * bool(style.get("bold")) + "font-style:italic;" * bool(style.get("italic"))
    looks += "text-decoration:underline;" * bool(style.get("underline"))
    return f'<i style="{looks}">{html.escape(letter)}</i>'


def main():
    rows = sys.stdin.read().rstrip("\n").split("\n")
    cells, style, columns = [], {}, 0
    for row, text in enumerate(rows):
        column = 0
        for match in re.finditer(r"\x1b\[([0-9;:]*)m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.|([^\x0e\x0f])", text):
            if match.group(1) is not None:
                apply(style, match.group(1))
            elif match.group(2):
                width = 2 if unicodedata.east_asian_width(match.group(2)) in "WF" else 1
                cells.append(cell(style, column, row, width, match.group(2)))
                column += width
        columns = max(columns, column)
    page = (
        f'<meta charset=utf-8><style>body{{margin:0;background:{BACKGROUND};font:16px/{HEIGHT}px "DejaVu Sans Mono",monospace}}'
        f"i{{position:absolute;height:{HEIGHT}px;white-space:pre;font-style:normal;overflow:hidden}}</style>" + "".join(cells)
    )
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "page.html"
        path.write_text(page, encoding="utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}/user",
             f"--screenshot={pathlib.Path(sys.argv[1]).absolute()}", f"--window-size={int(columns * WIDTH) + 1},{len(rows) * HEIGHT}",
             path.as_uri()],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


main()
