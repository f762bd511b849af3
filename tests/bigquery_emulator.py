"""Starts an emulator of BigQuery (PyPI: bqemulator) on a port, in memory.

It may not fetch DuckDB's spatial extension, which is not needed here, and it
is made to say what a job was charged, which real BigQuery always does and the
emulator, where nothing costs anything, leaves out.
"""

import sys

sys.path.insert(0, sys.argv[1])

import bqemulator.cli  # noqa: E402
import bqemulator.jobs.executor as executor  # noqa: E402
import bqemulator.storage.engine as engine  # noqa: E402

engine.DuckDBEngine._load_spatial = lambda self: None

statistics = executor._build_query_statistics


def with_bytes_billed(**known):
    said = statistics(**known)
    said["query"]["totalBytesBilled"] = "0"
    return said


executor._build_query_statistics = with_bytes_billed

port = sys.argv[2]
sys.argv = ["bqemulator", "start", "--rest-port", port, "--grpc-port", "0", "--log-level", "error"]
bqemulator.cli.main()
