"""The cases of side_by_side.py for inotifywatch. What is counted is counted until SIGTERM, which it gets once it has read
all that happened: no case has a window of time."""
# Something of each kind, on a directory, one below it and a file. The kernel makes one event of two of a kind in a row, if the
# first is not read yet: there are none here.
COUNTED = ("echo x > d/a; mv d/a d/b; cat d/b; mkdir d/n; rmdir d/n; rm d/b; touch d/f; echo x >> f; chmod 600 f; : > d/s/x; "
           "mv d/s/x d/s/y; rm d/s/y; rmdir d/s")


def watch_cases(Case):
    def refused(name, *arguments, **more):
        return Case(f"watch-{name}", list(arguments), program="inotifywatch", **more)

    def counted(name, *arguments, operations=COUNTED, **more):
        return Case(f"watch-{name}", list(arguments), f"{operations}; caught_up; kill -15 $PID 2>/dev/null", **{"program": "inotifywatch", **more})

    yield refused("no-arguments")
    yield refused("help", "-h")
    yield refused("unknown-letter", "-q", "d")
    yield refused("unknown-word", "--bogus", "d")
    yield refused("no-file", "-t", "1", "-z")
    yield refused("missing-value", "d", "-a")
    yield refused("ambiguous-e", "--e", "x", "d")
    yield refused("ambiguous-in", "--in", "d")
    yield refused("ambiguous-f", "--f", "x", "d")
    for value in ("x", "1x", "", "0.5", "99999999999999999999"):
        yield refused(f"timeout-{value or 'empty'}", "-t", value, "d")
    for value in ("foo", "create,foo", "IN_CREATE", "0x100"):
        yield refused(f"event-{value}", "-e", value, "d")
    for key in ("foo", "move", "MOVE", "IN_CREATE", "unmount", "ignored", "q_overflow", "isdir", "oneshot"):
        yield refused(f"sort-{key}", "-a", key, "d")
        yield refused(f"sort-descending-{key}", "-d", key, "-t", "1", "d")
    yield refused("sort-close", "-d", "close", "-t", "1", "d")
    yield refused("sort-all-events", "-d", "all_events", "-t", "1", "d")
    yield refused("sort-empty", "-d", "", "-t", "1", "d")
    yield refused("sort-not-asked-for", "-d", "create", "-e", "modify", "d")
    yield refused("sort-not-asked-for-ascending", "-e", "modify", "-a", "create", "d")
    yield refused("sort-twice", "-a", "create", "-d", "create", "d")
    yield refused("sort-twice-total", "-a", "total", "-d", "total", "d")
    yield refused("include-exclude", "--include", "a", "--exclude", "b", "d")
    yield refused("exclude-excludei", "--exclude", "a", "--excludei", "b", "d")
    yield refused("include-includei", "--include", "a", "--includei", "b", "d")
    yield refused("bad-exclude", "--exclude", "(", "d")
    yield refused("bad-includei", "--includei", "*", "d")
    yield refused("two-fromfiles", "--fromfile", "a", "--fromfile", "b", "d")
    yield refused("missing-path", "d", "nonexistent")
    yield refused("missing-path-first", "nonexistent", "d")
    yield refused("fromfile-missing", "-t", "1", "--fromfile", "none", "d")
    yield refused("fromfile-empty", "--fromfile", "/dev/null")
    yield refused("nothing-happens", "-t", "1", "d")
    yield refused("nothing-happens-zero", "-t", "1", "-z", "-v", "d", "f")
    yield refused("fsnotifywatch-unknown", "-q", "d")

    yield counted("everything", "d")
    # fanotify needs root, and a file system that it knows.
    for name, option in (("fanotify", "-F"), ("filesystem", "-S")):
        yield counted(f"{name}-flag", option, "d", operations="echo x > d/a; rm d/a", needs=("inotifywait", option, "-qq", "-t", "1"))
    yield counted("timeout-negative", "-t", "-1", "d")
    yield counted("timeout-negative-verbose", "-v", "-t", "-1", "d")
    yield counted("several", "d", "f", "d/s")
    yield counted("several-otherwise", "d/s", "f", "d")
    yield counted("same-twice", "d", "f", "f", "./d//", "lf")
    yield counted("zero", "-z", "d", "f", "o", prepare="mkdir -p d/s o; : > d/f; : > f")
    yield counted("zero-of-some", "-z", "-e", "open,move", "d", "f")
    yield counted("verbose", "-v", "d", "f")
    yield counted("verbose-recursive", "-v", "-r", "d", "f", operations="echo x > d/s/x; echo x >> f")
    yield counted("recursive", "-r", "d", operations="echo x > d/s/x; echo x > d/a; rm d/a; chmod 700 d/s")
    yield counted("recursive-zero", "-r", "-z", "d", "f", operations="echo x > d/s/x")
    yield counted("recursive-removed", "-r", "d", operations="echo x > d/s/x; rm d/s/x; rmdir d/s")
    yield counted("recursive-renamed", "-r", "-e", "modify,move,open", "d",
                  operations="echo x > d/s/x; mv d/s d/t; echo x > d/t/y; echo x > d/t/z")
    yield counted("recursive-new", "-r", "-e", "modify,create", "d",
                  operations="mkdir d/n; watches -ge 3; echo x > d/n/x; mkdir d/n/m; watches -ge 4; echo y > d/n/m/y")
    for event in ("access", "modify", "attrib", "close_write", "close_nowrite", "close", "open", "moved_from", "moved_to", "move",
                  "create", "delete", "delete_self", "move_self", "CREATE"):
        yield counted(f"only-{event}", "-e", event, "d", "f", "d/s")
    yield counted("only-unmount", "-z", "-e", "unmount", "d")
    for key in ("total", "modify", "close_write", "create", "delete_self", "Open"):
        yield counted(f"ascending-{key}", "-a", key, "d", "f", "d/s")
        yield counted(f"descending-{key}", "-d", key, "d", "f", "d/s")
    yield counted("ascending-zero", "-z", "-a", "modify", "d", "f", "o", prepare="mkdir -p d/s o; : > d/f; : > f")
    yield counted("ascending-access", "-a", "access", "d", "f", "d/s", operations="cat d/f; echo x >> f; cat d/f; : > d/s/x")
    yield counted("sort-total-twice", "-d", "total", "-a", "create", "d", "f")
    yield counted("exclude", "--exclude", "/(a|n)$", "d", "f")
    yield counted("include", "--include", "/(F|a)$", "d", "f")
    yield counted("includei", "--includei", "/(F|a)$", "d", "f")
    yield counted("excluded", "-r", "d", "@d/s", operations="echo x > d/s/x; echo x > d/a")
    yield counted("fromfile", "--fromfile", "list", "f", prepare="mkdir -p d/s; : > d/f; : > f; printf 'd\\n\\n@o\\n' > list")
    yield counted("fromfile-stdin", "--fromfile", "-", stdin=b"d\nf\n")
    yield counted("link", "ld", "lf", prepare="mkdir d; : > d/f; : > f; ln -s d ld; ln -s f lf", operations="echo x >> d/f; echo x >> f")
    yield counted("link-itself", "-P", "ld", prepare="mkdir d; : > d/f; ln -s d ld", operations="echo x >> d/f; touch -h ld")
    # Wider than its title; in portions that any queue holds, for however long that takes.
    yield Case("watch-many", ["-e", "open", "d"], "for j in $(seq 11); do for i in $(seq 1000); do : > d/$j$i; done; caught_up; done; "
               "kill -15 $PID", program="inotifywatch")
    yield counted("name-newline", "d\nn", prepare="mkdir 'd\nn'", operations=": > 'd\nn/x'")
    yield counted("name-odd", "d\t\\x\udcff", prepare="mkdir \"$(printf 'd\\t\\\\x\\377')\"", operations="for i in d*; do : > \"$i/x\"; done")
    yield counted("usr1", "d", "f", operations="echo x > d/a; caught_up; kill -USR1 $PID; caught_up; echo x >> d/a; echo x >> f")
    yield counted("usr1-before", "d", operations="kill -USR1 $PID; caught_up; echo x > d/a")
    for name, number in (("term", 15), ("hup", 1)):
        yield Case(f"watch-{name}", ["d", "f"], f"{COUNTED}; caught_up; kill -{number} $PID", program="inotifywatch")
    yield counted("fsnotifywatch-inotify", "-I", "-r", "d", "f", program="fsnotifywatch", operations="echo x > d/s/x; echo x >> f")
