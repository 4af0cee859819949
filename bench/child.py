"""Runs a command and prints what it took: wall and processor seconds, peak resident kilobytes; its standard output
aside.

Usage: child.py OUTPUT COMMAND…; the command's standard output goes to the file OUTPUT.
"""
import json
import os
import subprocess
import sys
import time

with open(sys.argv[1], "wb") as output:
    begin = time.perf_counter()
    child = subprocess.Popen(sys.argv[2:], stdout=output)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
print(json.dumps({
    "status": os.waitstatus_to_exitcode(status),
    "wall": wall,
    "processor": usage.ru_utime + usage.ru_stime,
    "peak": usage.ru_maxrss * 1024,
}))
