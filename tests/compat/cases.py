"""What side_by_side.py runs: a case is a command line, what is there, and what happens while it watches."""
import dataclasses
import itertools

from watch_cases import watch_cases

PREPARE = "mkdir -p d/s; : > d/f; : > f; ln -s d ld; ln -s f lf"

# Something of each kind; afterwards `zz`, behind which nothing is compared.
CHANGES = "echo x > d/a; mv d/a d/b; cat d/b; mkdir d/n; rmdir d/n; rm d/b; touch d/f"
END = "; : > d/zz"


@dataclasses.dataclass
class Case:
    name: str
    arguments: list
    operations: str = None  # while it watches; None: it ends before
    prepare: str = PREPARE
    program: str = "inotifywait"
    stdin: bytes = None
    until: bytes = b""  # the operations are over once this is printed
    ends_itself: bool = True
    says_ready: bool = True
    watches: int = 1  # if it does not say so: it is ready with that many
    outfile: str = None
    files: tuple = ()
    needs: tuple = ()  # left out where this program, with these arguments and a directory, ends with status 1


def refused(name, *arguments, **more):
    """It ends before it watches."""
    return Case(name, list(arguments), **more)


def one(name, *arguments, operations=CHANGES, **more):
    """It ends after one event."""
    return Case(name, list(arguments), operations, **more)


def monitor(name, *arguments, operations=CHANGES, **more):
    """It goes on, until `zz` is printed."""
    more = {"until": b"zz", "ends_itself": False, **more}
    return Case(name, list(arguments), operations + END, **more)


def command_lines():
    yield refused("no-arguments")
    yield refused("unknown-letter", "-z", "d")
    yield refused("unknown-word", "--bogus", "d")
    yield refused("no-file", "-t", "1")
    yield refused("empty-file-only", "")
    yield refused("missing-value", "d", "--format")
    yield refused("missing-letter-value", "d", "-e")
    yield refused("value-not-wanted", "--quiet=3", "d")
    yield refused("ambiguous-no", "--no", "d")
    yield refused("ambiguous-ex", "--exc", "x", "d")
    yield refused("ambiguous-f", "--f", "x", "d")
    yield refused("ambiguous-m", "--inc", "x", "d")
    yield refused("filename", "-f", "d")
    yield refused("filename-long", "--filename", "d")
    for value in ("x", "1x", "0x1", "", "0.5", " ", "99999999999999999999", "-99999999999999999999", "1 "):
        yield refused(f"timeout-{value or 'empty'}", "-t", value, "d")
    for value in ("foo", "foo,bar", "create,foo", "create delete", "all", "in_create", "create;delete", "IN_CREATE",
                  "dont_follow", "createx", "creat", "0x100"):
        yield refused(f"event-{value}", "-e", value, "d")
    yield refused("include-exclude", "--include", "a", "--exclude", "b", "d")
    yield refused("includei-excludei", "--includei", "a", "--excludei", "b", "d")
    yield refused("exclude-excludei", "--exclude", "a", "--excludei", "b", "d")
    yield refused("include-includei", "--include", "a", "--includei", "b", "d")
    yield refused("all-four-regexes", "--include", "a", "--includei", "b", "--exclude", "a", "--excludei", "b", "d")
    yield refused("bad-exclude", "--exclude", "(", "d")
    yield refused("bad-excludei", "--excludei", "(", "d")
    yield refused("bad-include", "--include", "[a", "d")
    yield refused("bad-includei", "--includei", "*", "d")
    yield refused("time-without-timefmt", "--format", "%T", "d")
    yield refused("time-escaped-without-timefmt", "--format", "%%T", "-t", "1", "d")
    yield refused("timefmt-without-format", "--timefmt", "%T", "d")
    yield refused("csv-and-format", "-c", "--format", "%w", "d")
    yield refused("no-newline-without-format", "--no-newline", "d")
    yield refused("daemon-without-outfile", "-d", "d")
    yield refused("two-outfiles", "-o", "a", "-o", "b", "d")
    yield refused("two-fromfiles", "--fromfile", "a", "--fromfile", "b", "d")
    yield refused("daemon-outfile-not-writable", "-d", "-o", "{here}/no/x", "d")
    yield refused("daemon-outfile-directory", "-d", "-o", "{here}/d", "d")
    yield refused("outfile-not-writable", "-o", "{here}/no/x", "d")
    yield refused("missing-path", "nonexistent")
    yield refused("missing-path-recursive", "-r", "nonexistent")
    yield refused("missing-path-second", "d", "nonexistent", "also")
    yield refused("missing-path-quiet", "-q", "nonexistent")
    yield refused("missing-path-qq", "-qq", "nonexistent")
    yield refused("missing-path-syslog", "-s", "nonexistent")
    yield refused("not-a-directory", "f/x")
    yield refused("fromfile-missing", "--fromfile", "nofile")
    yield refused("fromfile-directory", "--fromfile", "d", "-t", "1", "d")
    yield refused("fromfile-missing-but-path", "--fromfile", "nofile", "-t", "1", "d")
    yield refused("excluded-only", "@d")
    yield refused("help", "--help")
    yield refused("help-letter", "-h", "nonexistent")
    yield refused("version", "--version")
    yield refused("option-behind-path", "nonexistent", "-q")
    yield refused("double-dash", "-q", "--", "-nonexistent")
    # Which of two complaints comes first.
    wrong = {
        "event": ["-e", "foo"], "timeout": ["-t", "x"], "regex": ["--exclude", "("], "both": ["--include", "a", "--exclude", "b"],
        "time": ["--format", "%T"], "newline": ["--no-newline"], "daemon": ["-d"], "path": ["nonexistent"],
        "timefmt": ["--timefmt", "a"], "csv": ["-c", "--format", "a"], "outfile": ["-o", "{here}/no/x"],
        "fromfile": ["--fromfile", "nofile"], "two": ["--exclude", "a", "--exclude", "b"], "nothing": [],
    }
    for (a, x), (b, y) in itertools.permutations(wrong.items(), 2):
        yield refused(f"complaints-{a}-{b}", *x, *y)
    for a, x in wrong.items():
        yield refused(f"complaint-{a}-with-path", *x, "-t", "1", "d")


def messages():
    """Where they go."""
    wrong = {"event": ["-e", "foo", "d"], "fromfile": ["--fromfile", "nofile"], "nothing": [], "regex": ["--exclude", "(", "d"],
             "both": ["--include", "a", "--exclude", "b", "d"], "two": ["--exclude", "a", "--exclude", "b", "-t", "1", "d"],
             "timeout": ["-t", "x", "d"], "outfile": ["-o", "{here}/no/x", "d"], "newline": ["--no-newline", "d"],
             "format": ["--no-newline", "--format", "%f", "d"], "help": ["-z"], "second": ["d", "nonexistent"]}
    for a, x in wrong.items():
        yield refused(f"syslog-{a}", "-s", *x)
        yield refused(f"syslog-behind-{a}", *x, "-s")
        yield refused(f"quiet-{a}", "-q", *x)
        yield refused(f"qq-{a}", "-qq", *x)
        if a not in ("outfile", "second", "two"):
            yield refused(f"daemon-{a}", "-d", "-o", "{here}/log", *x)
    yield refused("hostile-event", "-e", "\udcff\n", "d")
    yield refused("hostile-timeout", "-t", "1\n", "d")
    yield refused("hostile-path", "no\udcff")
    yield refused("hostile-path-escape", "no\x1b[2J")
    yield refused("hostile-path-newline", "no\nsuch")
    yield refused("hostile-option", "--b\udcff")


def timeouts():
    yield refused("timeout-passes", "-t", "1", "d")
    yield refused("timeout-passes-monitor", "-m", "-t", "1", "d")
    yield refused("timeout-passes-quiet", "-q", "-t", "1", "d")
    yield refused("timeout-passes-qq", "-qq", "-t", "1", "d")
    yield refused("timeout-passes-recursive", "-rt1", "d")
    yield refused("timeout-blank-before", "-t", " 1", "d")
    yield refused("timeout-plus", "-t", "+1", "d")
    yield refused("timeout-last-counts", "-t", "900", "-t", "1", "d")
    yield one("timeout-event-before", "-t", "20", "d")
    yield one("timeout-zero", "-t", "0", "d")
    yield one("timeout-negative", "-t", "-1", "d")
    yield monitor("timeout-negative-monitor", "-m", "-t", "-5", "d")
    yield Case("timeout-after-events", ["-m", "-t", "2", "d"], ": > d/x")


def events():
    for event in ("access", "modify", "attrib", "close_write", "close_nowrite", "open", "moved_from", "moved_to", "create",
                  "delete", "close", "move"):
        yield monitor(f"only-{event}", "-m", "-e", event, "-e", "close_write", "d")
        yield one(f"one-{event}", "-e", event, "d")
        yield one(f"one-recursive-{event}", "-r", "-e", event, "d")
    yield one("event-all_events", "-e", "all_events", "d")
    yield monitor("everything", "-m", "d")
    yield monitor("event-list", "-m", "-e", "create,delete", "d")
    yield monitor("event-repeated", "-m", "-e", "create", "--event", "delete", "d")
    yield monitor("event-case", "-m", "-e", "CREATE,Delete", "d")
    yield monitor("event-empty", "-m", "-e", "", "d")
    yield monitor("event-empty-first", "-m", "-e", ",create", "d")
    yield monitor("event-empty-last", "-m", "-e", "create,", "d")
    yield monitor("event-empty-middle", "-m", "-e", "create,,delete", "d")
    yield monitor("event-empty-and-create", "-m", "-e", "", "-e", "create", "d")
    yield monitor("event-isdir", "-m", "-e", "isdir,create", "d")
    yield one("event-move-self", "-e", "move_self", "d", operations="mv d e; mkdir d")
    yield one("event-delete-self-file", "-e", "delete_self", "f", operations="rm f")
    yield one("event-delete-self-directory", "-e", "delete_self", "d", operations="rm -r d")
    yield one("event-ignored", "-e", "ignored", "f", operations="rm f")
    yield one("event-oneshot", "-e", "oneshot,create", "d")
    yield one("end-unasked-file", "-e", "modify", "f", operations="rm f")
    yield one("end-unasked-directory", "-e", "modify", "d", operations="rm -r d")
    yield one("end-unasked-second", "-e", "modify", "d", "f", operations="rm f")
    yield one("end-unasked-before-asked", "-e", "modify", "d", "f",
              operations="kill -STOP $PID; rm f; echo x > d/x; kill -CONT $PID")
    yield one("end-unasked-after-asked", "-e", "modify", "d", "f",
              operations="kill -STOP $PID; echo x > d/x; rm f; kill -CONT $PID")
    yield one("end-unasked-replaced", "-e", "modify", "f", operations=": > g; mv g f")
    yield one("end-asked-attrib", "f", operations="rm f")
    yield one("end-of-subdirectory", "-r", "-e", "create", "d", operations="rmdir d/s; : > d/x")
    yield one("delete-of-subdirectory", "-r", "-e", "delete", "d", operations="rmdir d/s")
    yield one("file-moved-away", "-e", "modify", "-t", "3", "f", operations="mv f g")
    yield one("file-replaced-timeout", "-m", "-e", "close_write", "-t", "1", "f", operations=": > g; mv g f")
    yield one("file-removed-timeout", "-m", "-t", "1", "d/f", operations="rm d/f")
    yield one("file-left-out-timeout", "-t", "1", "--exclude", "f", "d/f", operations="rm d/f")
    yield one("oneshot-monitor-timeout", "-m", "-t", "4", "-e", "oneshot,create", "d", operations=": > d/x; : > d/y")
    yield one("oneshot-recursive", "-mr", "-t", "4", "-e", "oneshot,create", "d", operations=": > d/x; rm d/x; : > d/z; : > d/s/x")
    yield one("directory-moved-away-timeout", "-mr", "-t", "4", "-e", "create", "d", operations="mv d e; : > e/x")
    yield one("directory-removed-timeout", "-mr", "-t", "1", "-e", "create", "d", operations="rm -r d")
    yield monitor("file-modified", "-m", "f", "d", operations="echo x >> f; cat f; chmod 600 f")
    yield monitor("directory-itself", "-m", "d", operations="chmod 700 d; : > d/x; touch d")


def paths():
    yield monitor("path-slash", "-m", "d/", operations=": > d/x")
    yield monitor("path-slashes", "-m", "d//", operations=": > d/x")
    yield monitor("path-slashes-recursive", "-m", "-r", "d//", operations=": > d/s/x")
    yield monitor("path-dot", "-m", "./d", operations=": > d/x")
    yield monitor("path-dotdot", "-m", "d/../d", operations=": > d/x")
    yield monitor("path-absolute", "-m", "{here}/d", operations=": > d/x")
    yield monitor("path-root-relative", "-m", "d/s/..", operations=": > d/x")
    yield monitor("path-twice", "-m", "d", "d", operations=": > d/x")
    yield monitor("path-two-spellings", "-m", "./d", "d", operations=": > d/x")
    yield monitor("path-two-spellings-otherwise", "-m", "d", "./d", operations=": > d/x")
    yield monitor("path-directory-and-file", "-m", "d", "d/f", operations="echo x >> d/f")
    yield monitor("path-file-and-directory", "-m", "d/f", "d", operations="echo x >> d/f")
    yield monitor("path-recursive-and-file", "-m", "-r", "d", "d/s/g", prepare=PREPARE + "; : > d/s/g",
                  operations="echo x >> d/s/g")
    yield monitor("path-nested", "-m", "-r", "d", "d/s", operations=": > d/s/x")
    yield monitor("path-nested-otherwise", "-m", "-r", "d/s", "d", operations=": > d/s/x")
    yield monitor("path-hard-links", "-m", "f", "f2", "d", prepare=PREPARE + "; ln f f2", operations="echo x >> f")
    yield monitor("path-link-to-file", "-m", "lf", "d", operations="echo x >> f")
    yield monitor("path-link-to-directory", "-m", "ld", operations=": > d/x")
    yield monitor("path-link-slash", "-m", "ld/", operations=": > d/x")
    yield monitor("path-link-recursive", "-m", "-r", "ld/", operations=": > d/s/x")
    yield monitor("path-link-recursive-itself", "-m", "-r", "-P", "ld", operations=": > d/x; : > d/s/y; rm d/s/y")
    yield monitor("path-link-recursive-itself-file", "-m", "-r", "-P", "lf", "d", operations="touch -h lf; echo x >> f")
    yield monitor("path-link-itself", "-m", "-P", "ld", "lf", "d", operations="touch -h ld; touch -h lf; echo x >> f")
    yield monitor("path-bytes", "-m", "d", "e\udcff", prepare=PREPARE + "; mkdir \"$(printf 'e\\377')\"",
                  operations="for i in e*; do : > \"$i/x\"; done")
    yield monitor("path-dash", "-m", "--", "d", "-e", prepare=PREPARE + "; mkdir ./-e", operations=": > ./-e/x")
    yield monitor("path-three-letters", "-mcr", "d", operations=": > d/s/x")
    yield monitor("path-before-options", "d", "-m", "-e", "create", operations=": > d/x")
    yield monitor("path-at-sign", "-m", "d", "./@e", prepare=PREPARE + "; mkdir ./@e", operations=": > ./@e/x")
    yield monitor("long-options", "--monitor", "--recursive", "--csv", "--event", "create", "--timeout", "60", "--no-dereference",
                  "d", operations=": > d/s/x")
    yield monitor("abbreviated-options", "--mon", "--rec", "--cs", "--ev", "create", "--timeo", "60", "--no-d", "d",
                  operations=": > d/s/x")
    yield monitor("equals-signs", "--event=create", "-m", "--format=%f=%e", "--timefmt=%H", "d", operations=": > d/x")
    yield monitor("path-empty-first", "-m", "", "d", operations=": > d/x")
    yield monitor("path-blank", "-m", "d", "a b", prepare=PREPARE + "; mkdir 'a b'", operations=": > 'a b/c d'")
    yield monitor("recursive-file", "-m", "-r", "f", "d", operations="echo x >> f")
    yield monitor("path-mixed", "-m", "-e", "create,modify", "f", "d", "d/s", operations="echo x >> f; : > d/x; : > d/s/x")
    yield monitor("recursive-links-inside", "-m", "-r", "-e", "create", "d", prepare=PREPARE + "; mkdir o; ln -s ../o d/o",
                  operations=": > o/x; : > d/x")


def from_files():
    lines = PREPARE + "; printf 'd\\n\\nf\\n' > list"
    yield monitor("fromfile", "-m", "--fromfile", "list", prepare=lines, operations="echo x >> f")
    yield monitor("fromfile-and-path", "-m", "--fromfile", "list", "d/s", prepare=lines, operations="echo x >> f; : > d/s/x")
    yield monitor("fromfile-stdin", "-m", "--fromfile", "-", stdin=b"d\nf", operations="echo x >> f")
    yield monitor("fromfile-exclude", "-m", "-r", "--fromfile", "-", stdin=b"d\n@d/s\n", operations=": > d/s/x; : > d/x")
    yield refused("fromfile-empty", "--fromfile", "/dev/null")
    yield refused("fromfile-carriage-return", "--fromfile", "-", stdin=b"d\nf\r\n")
    yield refused("fromfile-missing-inside", "--fromfile", "-", stdin=b"nonexistent\nd\n")
    yield refused("fromfile-order", "--fromfile", "-", "no-argument", stdin=b"no-line\n")
    yield refused("fromfile-empty-line", "-t", "1", "--fromfile", "-", stdin=b"\nd\n")
    yield refused("fromfile-blank", "--fromfile", "-", stdin=b" d\n")


def excluded():
    for text in ("@d/s", "@d/s/", "@d/s//", "@./d/s", "@{here}/d/s", "@d/sx", "@d/", "@d/f", "@", "@d"):
        yield monitor(f"excluded-{text}", "-m", "-r", text, "d", prepare=PREPARE + "; mkdir d/sx",
                      operations=": > d/s/x; : > d/sx/x; : > d/f")
    yield monitor("excluded-absolute", "-m", "-r", "@{here}/d/s", "{here}/d", operations=": > d/s/x; : > d/x")
    yield monitor("excluded-and-given", "-m", "-r", "@d/s", "d", "d/s", operations=": > d/s/x; : > d/x")
    yield monitor("excluded-not-recursive", "-m", "@d", "d", operations=": > d/x")
    yield monitor("excluded-dot", "-m", "-r", "@./d/s", ".", operations=": > d/s/x; : > d/x")
    yield monitor("excluded-made-later", "-m", "-r", "-e", "create", "@d/new", "d",
                  operations="mkdir d/new; saw new; mkdir d/m; watches -ge 3; : > d/new/x")


def regexes():
    touch = ": > d/s/1; : > d/1; : > d/sx; : > d/F"
    for option in ("--exclude", "--include", "--excludei", "--includei"):
        for text in ("s", "^d/s$", "^d/s/$", "1$|zz", "f$|zz", "(1|F)$|zz", "/F|zz", "^d/[0-9]+$|zz", "\\bF|zz", "z{2}"):
            if option.startswith("--ex"):
                text = text.replace("|zz", "")
                if text == "z{2}":
                    text = "a{2}"
            elif "zz" not in text and text != "z{2}":
                text += "|zz"
            yield monitor(f"regex{option}-{text}", "-m", "-r", "-e", "create", option, text, "d", operations=touch)
    yield monitor("regex-itself", "-m", "--exclude", "^f$", "f", "d", operations="echo x >> f")
    yield one("regex-one", "--exclude", "a$", "-e", "create", "d", operations=": > d/a; : > d/b")
    yield monitor("regex-last-counts", "-m", "--exclude", "a$", "--exclude", "b$", "-e", "create", "d",
                  operations=": > d/a; : > d/b")
    yield monitor("regex-last-excludei", "-m", "--excludei", "a$", "--excludei", "B$", "-e", "create", "d",
                  operations=": > d/a; : > d/b")
    yield monitor("regex-last-include", "-m", "--include", "a$", "--include", "b|zz", "-e", "create", "d",
                  operations=": > d/a; : > d/b")
    yield monitor("regex-last-includei", "-m", "--includei", "a$", "--includei", "B|zz", "-e", "create", "d",
                  operations=": > d/a; : > d/b")
    yield monitor("regex-recursive-new", "-m", "-r", "--exclude", "new$", "-e", "create", "d",
                  operations="mkdir d/new; mkdir d/m; watches -ge 3; : > d/m/x")
    for name, option, text in (("include", "--include", "n$|zz"), ("include-slash", "--include", "n/$|zz"),
                               ("exclude", "--exclude", "n$"), ("exclude-slash", "--exclude", "n/$")):
        yield monitor(f"regex-directory-{name}", "-m", option, text, "d", operations="mkdir d/n; rmdir d/n")
    yield monitor("regex-recursive-include-new", "-m", "-r", "--include", "/(n|x|zz)$", "-e", "create,delete", "d",
                  operations="mkdir d/n; watches -ge 3; : > d/n/x")
    yield Case("regex-empty", ["-m", "-t", "1", "--exclude", "", "d"], ": > d/x")


def formats():
    for text in ("%w", "%f", "%e", "%w%f", "%e %f", "%:e", "%,e", "%;e", "%xe", "%%e", "%%", "%", "x%", "%z", "%E", "%ee",
                 "%ce", "%we", "%fe", "%ne", "%0e", "%Te", "%c", "%0", "%n", "%w|%f|%e", "\\n", "\\t%f", "%q%d%m", "%é", "%éex",
                 "a b  c", "", "%e%e", "%%%f", "%%%%", "%w %e %f %c %0 %n", "%.e", "% e", "%\\e", "%-5f", "% f"):
        more = ["--timefmt", "now"] if "%T" in text else []
        yield monitor(f"format-{text or 'empty'}", "-m", "--format", text + " %f", *more, "d",
                      operations="echo x > d/a; mkdir d/n")
        if text in ("%", "x%"):
            continue
        yield monitor(f"format-no-newline-{text or 'empty'}", "-m", "--no-newline", "--format", "%f " + text, *more, "d",
                      operations="echo x > d/a; mkdir d/n")
    yield Case("format-percent-at-end", ["-m", "-t", "3", "--no-newline", "--format", "%f %", "d"], ": > d/a")
    for text in ("", "%f", "%w", "%w%f", "%f%w%f", "%e", "a", "%n", "%%", "%w%"):
        yield refused(f"format-alone-{text or 'empty'}", "-t", "1", "--no-newline", "--format", text, "d")
        yield refused(f"format-alone-{text or 'empty'}-and-daemon", "-d", "--no-newline", "--format", text, "d")
        yield refused(f"format-alone-{text or 'empty'}-and-path", "--no-newline", "--format", text, "nonexistent")
        yield refused(f"format-alone-{text or 'empty'}-and-none", "--no-newline", "--format", text)
        yield refused(f"format-alone-{text or 'empty'}-and-regex", "--no-newline", "--format", text, "--exclude", "(")
    yield monitor("format-longest", "-m", "--format", "x" * 4095 + "%f", "-t", "3", "d")
    yield monitor("format-last-counts", "-m", "--format", "a", "--format", "%f", "d")
    yield Case("timefmt-empty", ["-m", "-t", "3", "--format", "[%T] %f", "--timefmt", "", "d"], ": > d/a")
    for text in ("x", "%%", "unix", "none", "%N", "%Q", "%", "%:z", "%%T", "%n", "%t", "a,b", "%E"):
        yield monitor(f"timefmt-{text or 'empty'}", "-m", "--format", "[%T] %f", "--timefmt", text, "d")
    yield monitor("timefmt-year", "-m", "--format", "%T %w %f", "--timefmt", "%d/%m/%y %H", "d")
    yield monitor("timefmt-unused", "-m", "--format", "%f", "--timefmt", "%H", "d")
    yield monitor("timefmt-long", "-m", "--format", "%T %f", "--timefmt", "x" * 200, "d")
    yield monitor("timefmt-longer", "-m", "--format", "%T %f", "--timefmt", "x" * 300, "d")


HOSTILE = [b"a b", b" a", b"a ", b'a"b', b'"', b"a,b", b"a\tb", b"a\rb", b"a'b", b"a\\b", b"a\\nb", b"\xff\xfe", b"\xc3\xa9", b"a\x1b[2Jb",
           b"%f", b"%w%n", b"a;b", b"*", b"a\x01b", b"\x7f", b"-x", b"#", b"x" * 255]


def names():
    for i, name in enumerate(HOSTILE):
        text = name.decode("latin-1")
        quoted = "".join(f"\\{ord(c):03o}" for c in text)
        operations = f"n=$(printf '{quoted}x'); n=${{n%x}}; mkdir \"d/$n\"; rmdir \"d/$n\""
        for kind, options in (("csv", ["-c"]), ("text", []), ("format", ["--format", "%w%f:%e"])):
            yield monitor(f"name-{i}-{kind}", "-m", *options, "-e", "create,delete", "d", operations=operations)
        yield monitor(f"name-{i}-directory", "-m", "-c", "-r", "-e", "create", "d",
                      prepare=f"n=$(printf '{quoted}x'); n=${{n%x}}; mkdir -p \"d/$n/x\"", operations="for i in d/*/x; do : > \"$i/y\"; done")
    newline = "n='a\nb'; mkdir \"d/$n\"; rmdir \"d/$n\""
    yield monitor("name-newline-csv", "-m", "-c", "-e", "create,delete", "d", operations=newline)
    yield monitor("name-newline-text", "-m", "-e", "create,delete", "d", operations=newline)
    yield monitor("name-newline-format", "-m", "--format", "%w%f", "-e", "create,delete", "d", operations=newline)
    yield monitor("name-newline-nul", "-m", "--format", "%w%f%0", "--no-newline", "-e", "create,delete", "d", operations=newline)


def recursion():
    yield monitor("recursive", "-m", "-r", "d", operations=": > d/s/x; mv d/s/x d/x; rm d/x; chmod 700 d/s; rmdir d/s")
    yield monitor("recursive-listing", "-m", "-r", "d", operations="ls d/s; cat d/f")
    yield monitor("recursive-new", "-m", "-r", "-e", "create,delete,move", "d",
                  operations="mkdir d/n; watches -ge 3; : > d/n/x; mkdir d/n/m; watches -ge 4; : > d/n/m/x; rm -r d/n")
    yield monitor("recursive-new-quiet", "-q", "-m", "-r", "-e", "create", "d", says_ready=False, watches=2,
                  operations="mkdir d/n; watches -ge 3; : > d/n/x")
    yield monitor("recursive-new-everything", "-m", "-r", "d", operations="mkdir d/n; watches -ge 3; : > d/n/x")
    yield monitor("recursive-renamed", "-m", "-r", "-e", "create,move", "d",
                  operations="mkdir d/n; watches -ge 3; mv d/n d/s/m; : > d/s/m/x; mkdir d/s/m/y; watches -ge 4; : > d/s/m/y/z")
    yield monitor("recursive-moved-in", "-m", "-r", "-e", "create,move", "d", prepare=PREPARE + "; mkdir -p o/p",
                  operations="mv o d/o; watches -ge 4; : > d/o/p/x")
    yield monitor("recursive-moved-out", "-m", "-r", "-e", "create,move", "d",
                  operations="mv d/s o; : > d/x; watches -le 1; : > o/x")
    yield monitor("recursive-contents", "-m", "-r", "-e", "create", "d", prepare=PREPARE + "; mkdir o; : > o/1; mkdir o/2",
                  operations="mv o d/o; watches -ge 4; : > d/o/2/x")
    yield monitor("not-recursive", "-m", "d", operations=": > d/s/x")
    yield monitor("recursive-delete", "-m", "-r", "-e", "delete,delete_self", "d", operations="rm -r d/s", until=b"ISDIR s")
    yield one("one-recursive", "-r", "d", operations=": > d/s/x")
    yield one("one-recursive-new", "-r", "-e", "close_write", "d", operations="mkdir d/n; : > d/f")


def outputs():
    yield monitor("outfile", "-m", "-o", "log", "d", outfile="log", files=("log",))
    yield monitor("outfile-appends", "-m", "-o", "log", "d", prepare=PREPARE + "; echo old > log", outfile="log", files=("log",))
    yield one("outfile-one", "-o", "log", "d", files=("log",))
    yield one("outfile-full", "-o", "/dev/full", "d")
    yield one("outfile-csv", "-c", "-o", "log", "d", files=("log",))
    yield one("outfile-format", "--format", "%f", "--no-newline", "-o", "log", "d", files=("log",))
    yield one("quiet", "-q", "d", says_ready=False)
    yield monitor("quiet-monitor", "-mq", "d", says_ready=False)
    yield monitor("quiet-recursive", "-qmr", "d", operations=": > d/s/x", says_ready=False, watches=2)
    yield one("qq", "-qq", "d", says_ready=False)
    yield one("qqq", "-qqq", "d", says_ready=False)
    yield one("qq-csv", "-qq", "-c", "d", says_ready=False)
    yield one("qq-unasked", "-qq", "-e", "modify", "f", operations="rm f", says_ready=False)
    yield Case("qq-monitor", ["-qq", "-m", "-t", "1", "d"], ": > d/x", says_ready=False)
    yield one("syslog", "-s", "d", says_ready=False)
    yield monitor("csv", "-m", "-c", "d")
    yield monitor("csv-recursive", "-m", "-c", "-r", "d", operations=": > d/s/x")
    yield monitor("csv-directory", "-m", "-c", "d,e", "d", prepare=PREPARE + "; mkdir d,e", operations=": > d,e/x")
    yield monitor("csv-file", "-m", "-c", "f", "d", operations="echo x >> f")
    # fanotify needs root, and a file system that it knows.
    yield one("inotify-flag", "-I", "d")
    yield one("fanotify-flag", "-F", "d", needs=("inotifywait", "-F", "-qq", "-t", "1"))
    yield one("filesystem-flag", "-S", "d", needs=("inotifywait", "-S", "-qq", "-t", "1"))


def fsnotifywait():
    yield one("fsnotifywait-inotify", "-I", "d", program="fsnotifywait")
    yield monitor("fsnotifywait-inotify-monitor", "-I", "-m", "-r", "d", program="fsnotifywait", operations=": > d/s/x")
    yield refused("fsnotifywait-missing-path", "-I", "nonexistent", program="fsnotifywait")
    yield refused("fsnotifywait-refused", "-I", "-e", "foo", "d", program="fsnotifywait")
    yield refused("fsnotifywait-unknown", "-z", program="fsnotifywait")
    fanotify = {"program": "fsnotifywait", "operations": ": > d/x"}
    yield one("fsnotifywait-fanotify", "d", needs=("fsnotifywait", "-qq", "-t", "1"), **fanotify)
    yield one("fsnotifywait-filesystem", "-S", "d", needs=("fsnotifywait", "-S", "-qq", "-t", "1"), **fanotify)


OPTIONS = {
    "m": ["-m"], "r": ["-r"], "c": ["-c"], "q": ["-q"], "t": ["-t", "20"], "P": ["-P"], "I": ["-I"],
    "e": ["-e", "create,delete,move"], "e2": ["-e", "close"], "format": ["--format", "%w%f %:e"], "no-newline": ["--no-newline"],
    "timefmt": ["--timefmt", "at"], "exclude": ["--exclude", "/(a|n)$"], "includei": ["--includei", "/(F|zz)$"],
    "o": ["-o", "log"], "excluded": ["@d/s"], "fromfile": ["--fromfile", "list"], "s": ["-s"], "f2": ["f"],
}


def pairs():
    for (a, x), (b, y) in itertools.combinations(OPTIONS.items(), 2):
        for with_m in (False, True):
            if with_m and "m" in (a, b):
                continue
            options = x + y + (["-m"] if with_m else [])
            kind = monitor if "-m" in options else one
            more = {}
            if "-q" in options or "-s" in options:
                # Of d and of f, which ld is a link to.
                more = {"says_ready": False, "watches": 2 + ("-r" in options) - ("-r" in options and "@d/s" in options)}
            if "-o" in options:
                more |= {"files": ("log",), "outfile": "log"} if kind is monitor else {"files": ("log",)}
            # The last of them passes each of the filters.
            more["operations"] = "echo x > d/a; mv d/a d/b; cat d/b; rm d/b; touch d/f" + ("" if kind is monitor else END)
            yield kind(f"pair-{a}-{b}{'-monitor' if with_m else ''}", *options, "d", "ld",
                       prepare="mkdir -p d/s o; : > d/f; : > f; ln -s f ld; printf 'o\\n' > list", **more)


def inotifywatch():
    return watch_cases(Case)


def every():
    return [case for kind in (command_lines, messages, timeouts, events, paths, from_files, excluded, regexes, formats, names,
                              recursion, outputs, fsnotifywait, inotifywatch, pairs) for case in kind()]
