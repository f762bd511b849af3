"""Follows contributions as they happen, with nothing but Python's own library.

python3 follow_contributions.py http://localhost:8080 place.txt

The place up to which events were taken is kept in a file, so that nothing is missed
and nothing taken twice when this or the server is started again.
"""

import json
import pathlib
import sys
import time
import urllib.request

ADDRESS = sys.argv[1] + "/api/v1/stream/contributions"
PLACE = pathlib.Path(sys.argv[2])


def take(name, data):
    """Do here what you are here for."""
    if name == "contribution":
        print(name, data["contribution"]["id"], flush=True)
    elif name == "gone":
        print(name, data["id"], flush=True)
    elif name == "start-over":
        print("too much was missed: read", data["look_up"], flush=True)


def keep(place):
    """Better in one transaction with what was made of the event. The file is never half
    written, whenever this is ended."""
    new = PLACE.with_suffix(".new")
    new.write_text(place)
    new.replace(PLACE)


def follow():
    request = urllib.request.Request(ADDRESS)
    if PLACE.exists():
        request.add_header("Last-Event-ID", PLACE.read_text())
    place = name = data = ""
    # Every quarter of a minute there is a sign of life.
    for line in urllib.request.urlopen(request, timeout=60):
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "id":
            place = value
        elif field == "event":
            name = value
        elif field == "data":
            data = value
        elif not line.strip():
            if data:
                take(name, json.loads(data))
            if place:
                keep(place)
            place = name = data = ""


while True:
    try:
        follow()
    except OSError as error:
        print("lost:", error, file=sys.stderr)
    time.sleep(2)
