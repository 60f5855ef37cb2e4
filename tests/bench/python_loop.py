#!/usr/bin/python3
"""python_loop.py [-r] [--flush] DIRECTORY MASK READY_FD: the loop that one writes with python3-inotify, as quick as it gets:
no debug messages, and, without --flush, a buffer between it and its output. A line for each event: names and path.
Neighbour: peers.py runs it."""

import logging
import os
import sys

import inotify.adapters

logging.disable(logging.CRITICAL)
arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
directory, mask, ready_fd = arguments[0], int(arguments[1]), int(arguments[2])
if "-r" in sys.argv:
    source = inotify.adapters.InotifyTree(directory, mask)
else:
    source = inotify.adapters.Inotify()
    source.add_watch(directory, mask)
os.write(ready_fd, b"READY=1\n")
os.close(ready_fd)
write = sys.stdout.write
flush = sys.stdout.flush if "--flush" in sys.argv else None
for _, names, path, name in source.event_gen(yield_nones=False):
    write(f"{','.join(names)} {path}/{name}\n")
    if flush:
        flush()
