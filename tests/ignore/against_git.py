#!/usr/bin/env python3
"""Ignore rules against git itself: random trees and nasty rules, and what `verdicts` and `git check-ignore` say of
every path. Any difference is a failure, shown with as few rules as it needs.

    against_git.py VERDICTS [--paths N] [--seed S]
"""
import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

NAMES = [b"a", b"b", b"c", b"ab", b"abc", b"foo", b"foobar", b"bar", b"baz", b"a.o", b"b.o", b"a.c", b".hid", b"doc",
         b"A", b"Foo", b"a b", b"a ", b"a  ", b" a", b"!a", b"#b", b"a\\b", b"\\", b"a\\", b"*", b"a*b", b"**", b"?", b"[a]",
         b"[", b"]", b"a]", b"-", b"^", b"\xff", b"a\xffb", b"\xc3\xa9", b"\xef\xbb\xbfa", b"a\r", b"\r", b"a\tb", b"a\nb", b"\x0b",
         b"\x7f", b"aaaa", b"abab", b"aab", b"fooxbar", b"a-b", b"0", b"build", b"target", b"a\\ ", b"foo\\"]
CLASSES = [b"alnum", b"alpha", b"blank", b"cntrl", b"digit", b"graph", b"lower", b"print", b"punct", b"space", b"upper", b"xdigit"]
SETS = [b"[ab]", b"[!a]", b"[^b]", b"[a-c]", b"[]a]", b"[!]]", b"[a-]", b"[-a]", b"[\\]]", b"[\\a-c]", b"[a-\\c]", b"[c-a]", b"[/]",
        b"[!/]", b"[a/b]", b"[", b"[a", b"[]", b"[!]", b"[\\", b"[a-", b"[[:", b"[[:alpha:]", b"[[:alpha:]]", b"[![:alpha:]]",
        b"[[:nope:]]", b"[[:]", b"[[:]]", b"[[::]]", b"[[:alpha]", b"[[:alpha:]-z]", b"[a-[:digit:]]", b"[[.a.]]", b"[\xff]",
        b"[\x80-\xff]", b"[!\x80-\xff]", b"[*]", b"[?]", b"[a-b-c]", b"[--0]", b"[\\-a]", b"[[a]", b"[[]", b"[:a]", b"[!!]", b"[^^]",
        b"[\t-~]", b"[ -~]", b"[a\\", b"[a-\\", b"[[:space:]]", b"[[:UPPER:]]", b"[[:upper:][:digit:]]", b"[[:lower:]\\", b"[!", b"[]-a]"]


class Case:
    """A tree that is there, and files of rules: lists of lines by their path."""

    def __init__(self, verdicts, directory, chance):
        self.verdicts = verdicts
        self.directory = directory
        self.chance = chance
        self.top = os.path.join(directory, b"top")
        self.paths = []
        self.directories = [b""]
        self.files = {}
        self.environment = {**os.environ, "HOME": os.fsdecode(os.path.join(directory, b"home")), "GIT_CONFIG_NOSYSTEM": "1",
                            "LC_ALL": "C"}
        for name in ("XDG_CONFIG_HOME", "GIT_DIR", "GIT_WORK_TREE"):
            self.environment.pop(name, None)
        os.makedirs(os.path.join(directory, b"home/.config/git"))
        self.git("init", "-q", "--template=", self.top, at=directory)
        os.makedirs(os.path.join(self.top, b".git/info"))

    def git(self, *arguments, at=None, **options):
        return subprocess.run(["git", "-C", at or self.top, *arguments], env=self.environment, check=False, **options)

    def make_tree(self, count):
        chance = self.chance
        pool = chance.sample(NAMES, 14) + [b"a", b"b", b"foo", b"bar"]
        while len(self.paths) < count:
            parent = chance.choice(self.directories)
            path = parent + chance.choice(pool)
            if parent.count(b"/") > 4 or path in self.paths:
                count -= 1
                continue
            whole = os.path.join(self.top, path)
            kind = chance.random()
            if kind < 0.45:
                os.mkdir(whole)
                self.directories.append(path + b"/")
            elif kind < 0.9:
                open(whole, "wb").close()
            else:
                os.symlink(chance.choice([b".", b"nothing", b"../a"]), whole)
            self.paths.append(path)

    # ---- rules ----

    def glob_of(self, text):
        """A glob that has something to do with a text, and often matches it."""
        chance = self.chance
        out = b""
        i = 0
        while i < len(text):
            byte = text[i:i + 1]
            what = chance.random()
            if byte == b"/":
                out += chance.choice([b"/"] * 12 + [b"/**/", b"/**/", b"**/", b"/**", b"/*/", b"\\/", b"**\\/", b"/**\\/", b"//", b"*/", b"[/]"])
            elif what < 0.62:
                out += b"\\" + byte if byte in b"*?[\\ !#" and chance.random() < 0.7 else byte
            elif what < 0.69:
                out += b"?"
            elif what < 0.79:
                out += chance.choice([b"*", b"*", b"**", b"***"])
                i += chance.randrange(0, 3)
            elif what < 0.84:
                out += chance.choice(SETS)
            elif what < 0.88:
                out += b"[" + byte + b"]"
            elif what < 0.91:
                out += b"\\" + byte
            elif what < 0.93:
                out += b"**"
            elif what < 0.94:
                out += bytes([chance.randrange(1, 256)])
            elif what < 0.96:
                i += 1
            else:
                out += byte
            i += 1
        return out

    def line(self, below):
        chance = self.chance
        kind = chance.random()
        if kind < 0.03:
            return chance.choice([b"", b" ", b"#a", b"\\#b", b"!", b"/", b"//", b"!/", b"*", b"**", b"/*", b"/**", b"**/", b"*/", b"!*",
                                  b"!**/", b"\\", b"a\\", b"!!a", b"\\!a", b"#", b"/**/", b"**/**", b"**/*", b"*/**", b"\x00", b"a\x00b",
                                  b"?", b"[", b"\\\\", b"***/a", b"a/***", b"/***/", b"**a", b"!\\!a", b"./a", b"../a", b"\t"])
        if kind < 0.1:
            text = b"".join(chance.choice([b"a", b"b", b"*", b"**", b"/", b"?", b"\\", b"[", b"]", b"-", b"!", b" ", b"foo", b"^"])
                            for _ in range(chance.randrange(1, 9)))
        else:
            path = chance.choice(below) if below else chance.choice(NAMES)
            parts = path.split(b"/")
            if chance.random() < 0.5:
                text = self.glob_of(chance.choice(parts))
            else:
                first = chance.randrange(0, len(parts)) if chance.random() < 0.3 else 0
                text = self.glob_of(b"/".join(parts[first:first + chance.randrange(1, 5)]))
            if chance.random() < 0.15:
                text = chance.choice([b"**/", b"*/", b"**", b"/**/", b"\\**/", b"***/"]) + text
            if chance.random() < 0.12:
                text += chance.choice([b"/**", b"/*", b"**", b"*", b"/**/", b"/**/*", b"**/" + chance.choice(NAMES), b"/*/**"])
        if chance.random() < 0.3:
            text = b"!" + text
        elif chance.random() < 0.2:
            text = b"/" + text
        if chance.random() < 0.2:
            text += b"/"
        if chance.random() < 0.12:
            text += chance.choice([b" ", b"  ", b"\\ ", b"\\  ", b" \\", b"\\\\ ", b"\t", b" \r", b"\r ", b"\\ \\ ", b"/ ", b"\r\r", b"\\\r"])
        return text.replace(b"\n", b"")

    def lines(self, base, count):
        below = [p[len(base):] for p in self.paths if p.startswith(base)]
        ending = self.chance.choice([b"\n", b"\n", b"\n", b"\r\n"])
        lines = [self.line(below) + ending for _ in range(self.chance.randrange(1, count))]
        if self.chance.random() < 0.15:
            lines[0] = b"\xef\xbb\xbf" + lines[0]
        if self.chance.random() < 0.3:
            lines[-1] = lines[-1][:-len(ending)] + self.chance.choice([b"", b"\r"])
        return lines

    def make_rules(self):
        chance = self.chance
        self.files = {}
        for base in self.directories:
            if base == b"" or chance.random() < 0.3:
                self.files[b"top/" + base + b".gitignore"] = self.lines(base, 7 if base else 4)
        if chance.random() < 0.7:
            self.files[b"top/.git/info/exclude"] = self.lines(b"", 4)
        where, value = chance.choice([(b"home/.config/git/ignore", None), (b"top/.git/mine", b".git/mine"), (b"home/mine", b"~/mine"),
                                      (b"mine", os.path.join(self.directory, b"mine")), (b"home/.config/git/ignore", b"")])
        self.files[where] = self.lines(b"", 4)
        if value is None:
            self.git("config", "--unset", "core.excludesFile")
        else:
            self.git("config", "core.excludesFile", value)

    def links(self):
        """A .gitignore that is a symbolic link, which git does not follow, or a directory."""
        for base in self.chance.sample(self.directories, min(2, len(self.directories))):
            name = b"top/" + base + b".gitignore"
            if self.files.pop(name, None) is not None and self.chance.random() < 0.5:
                os.symlink(b"/dev/null" if self.chance.random() < 0.3 else os.path.join(self.directory, b"link"),
                           os.path.join(self.directory, name))
            elif not os.path.lexists(os.path.join(self.directory, name)):
                os.mkdir(os.path.join(self.directory, name))

    def clear(self):
        for name in [b"top/" + base + b".gitignore" for base in self.directories] + list(self.files):
            path = os.path.join(self.directory, name)
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            elif os.path.lexists(path):
                os.unlink(path)

    def write(self):
        for name, lines in self.files.items():
            with open(os.path.join(self.directory, name), "wb") as out:
                out.write(b"".join(lines))

    # ---- asking ----

    def ask_git(self, paths):
        got = self.git("check-ignore", "--no-index", "-z", "-v", "-n", "--stdin", input=b"".join(p + b"\0" for p in paths),
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) if paths else None
        fields = got.stdout.split(b"\0")[:-1] if got else []
        verdicts = {}
        for source, _, pattern, path in zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4]):
            verdicts[path] = "undecided" if not source else "kept" if pattern.startswith(b"!") else "out"
        assert not got or got.returncode in (0, 1), f"git check-ignore ended with {got.returncode}"
        assert len(fields) == 4 * len(paths) and set(verdicts) == set(paths), "git has not answered for every path"
        return verdicts

    def ask_us(self, paths, base=b""):
        got = subprocess.run([self.verdicts, os.path.join(self.top, base)], env=self.environment, check=True,
                             input=b"".join(p[len(base):] + b"\0" for p in paths), stdout=subprocess.PIPE)
        fields = got.stdout.split(b"\0")[:-1]
        assert [base + path for path in fields[0::2]] == paths, "verdicts has not answered for every path"
        return dict(zip(paths, (word.decode() for word in fields[1::2])))

    def compare(self, paths, base=b""):
        """The paths of which the two say different things, with what they say."""
        git, us = self.ask_git(paths), self.ask_us(paths, base)
        return git, [(path, git[path], us[path]) for path in paths if git[path] != us[path]]

    def shrink(self, path, base):
        """Take away every line that the difference does not need."""
        for name in list(self.files):
            at = 0
            while at < len(self.files[name]):
                taken = self.files[name].pop(at)
                self.write()
                if not self.compare([path], base)[1]:
                    self.files[name].insert(at, taken)
                    at += 1
        self.write()

    def report(self, difference, base):
        path = difference[0]
        self.shrink(path, base)
        (_, git, us), = self.compare([path], base)[1]
        kind = "directory" if os.path.isdir(os.path.join(self.top, path)) else "file"
        print(f"the {kind} {path!r}: git says {git}, we say {us}, asked from {base!r}; rules:", file=sys.stderr)
        for name, lines in self.files.items():
            for line in lines:
                print(f"    {name!r}: {line!r}", file=sys.stderr)

    def check(self, counts):
        """All paths from the top, and those below a directory from there. Returns whether they are alike."""
        paths = [p for p in self.paths if not p.startswith(b":")]
        verdicts, different = self.compare(paths)
        if different:
            self.report(different[0], b"")
            return False
        for verdict in verdicts.values():
            counts[verdict] += 1
        inner = [d for d in self.directories[1:] if verdicts.get(d[:-1], "out") != "out"]
        for base in self.chance.sample(inner, min(2, len(inner))):
            below = [p for p in paths if p.startswith(base)]
            if not below:
                continue
            verdicts, different = self.compare(below, base)
            if different:
                self.report(different[0], base)
                return False
        return True


def all_bytes(case):
    """Every class and some sets against every byte."""
    for number, glob in enumerate([b"x[[:" + name + b":]]" for name in CLASSES] + [b"x" + one for one in SETS] + [b"x?", b"x*"]):
        base = b"bytes%d/" % number
        os.mkdir(os.path.join(case.top, base))
        case.directories.append(base)
        case.files[b"top/" + base + b".gitignore"] = [glob + b"\n"]
        if number < len(CLASSES) + 2:
            for byte in range(1, 256):
                if byte != ord("/"):
                    case.paths.append(base + b"x" + bytes([byte]))
        else:
            case.paths += [base + b"x" + one for one in (b"a", b"b", b"]", b"[", b"-", b"^", b"\\", b":", b"\xff", b"z", b"!", b"c")]
    for path in case.paths:
        open(os.path.join(case.top, path), "wb").close()


def run(arguments):
    chance = random.Random(arguments.seed)
    counts = {"out": 0, "kept": 0, "undecided": 0}
    print(f"seed {arguments.seed}", flush=True)
    trees = 0
    while sum(counts.values()) < arguments.paths:
        directory = os.fsencode(tempfile.mkdtemp(prefix="inotap-ignore."))
        try:
            case = Case(arguments.verdicts, directory, chance)
            if trees == 0:
                all_bytes(case)
            else:
                case.make_tree(250)
            for _ in range(8 if trees else 1):
                if trees:
                    case.make_rules()
                if trees and chance.random() < 0.3:
                    case.links()
                case.write()
                with open(os.path.join(directory, b"link"), "wb") as out:
                    out.write(b"*\n")
                if not case.check(counts):
                    return 1
                case.clear()
        finally:
            shutil.rmtree(directory)
        trees += 1
    print(f"{sum(counts.values())} paths in {trees} trees: {counts}")
    # A comparison that nothing is decided in would prove nothing.
    return 0 if min(counts.values()) * 50 > sum(counts.values()) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verdicts")
    parser.add_argument("--paths", type=int, default=10000, help="at least so many (10000)")
    parser.add_argument("--seed", type=int, default=20261126)
    arguments = parser.parse_args()
    arguments.verdicts = os.path.abspath(arguments.verdicts)
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
