"""Prints src/text/jinja/special_case.inc: the letters whose upper or title case is several letters.

    python tools/special_case_table.py > src/text/jinja/special_case.inc

The source is Python's own str.upper and str.title, which follow SpecialCasing.txt of Unicode.
"""

import sys


def escaped(text):
    """The text as a C string literal of UTF-8 bytes."""
    return '"' + "".join(f"\\x{byte:02x}" for byte in text.encode("utf-8")) + '"'


def main():
    print("// Made by tools/special_case_table.py; do not edit.")
    print("constexpr SpecialCase kSpecialCases[] = {")
    for code in range(sys.maxunicode + 1):
        letter = chr(code)
        if len(letter.upper()) > 1 or len(letter.title()) > 1:
            print(f"    {{0x{code:X}, {escaped(letter.upper())}, {escaped(letter.title())}}},")
    print("};")


if __name__ == "__main__":
    main()
