"""Runs the steps of one of AWS's own functions when it is told to, in a process that does nothing else.

Arguments: the folder of the function, and the PEM file of the database's authority. A line of JSON on standard input is an
order, {"events": [...]}; a line on standard output is the answer, {"ms": ...} or {"error": "...", "type": "..."}.
"""

import json
import logging
import sys
import time

folder, authority = sys.argv[1:]
sys.path.insert(0, folder)


def trusting(connect, **more):
    """AWS's functions name the authorities by the path that they have on Lambda."""

    def connected(*args, **settings):
        for name, value in more.items():
            if name in settings:
                settings[name] = value
        return connect(*args, **settings)

    return connected


try:
    import pgdb

    pgdb.connect = trusting(pgdb.connect, sslrootcert=authority)
except ImportError:
    pass
try:
    import pymysql

    pymysql.connect = trusting(pymysql.connect, ssl={"ca": authority})
except ImportError:
    pass

import lambda_function

logging.getLogger().addHandler(logging.NullHandler())

for line in sys.stdin:
    events = json.loads(line)["events"]
    began = time.perf_counter()
    try:
        for event in events:
            lambda_function.lambda_handler(event, None)
        answer = {"ms": (time.perf_counter() - began) * 1000}
    except Exception as error:
        answer = {"error": str(error), "type": type(error).__name__}
    print(json.dumps(answer), flush=True)
