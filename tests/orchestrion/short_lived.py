"""Announces itself and goes on until it is ended or its standard input is."""

import sys

if __name__ == "__main__":
    sys.stdout.write("ready http://short-lived.test\n")
    sys.stdout.flush()
    sys.stdin.read()
