#!/usr/bin/env python3
"""renames.py INOTAP HELD ACCOUNT TREE: after 200,000 renames, does inotap -r hold the same memory and watches?

Makes a tree of 20,220 directories in TREE, which is empty; HELD is held.so, and ACCOUNT the file for it. Each round
renames directories at random (in place, to other directories, several times in a row, exchanges), and then all
of them back in reverse order, so that every round begins and ends with the same tree. The first round is for what
grows once and stays, such as buffers; after every other one exactly as much must be held as after that."""

import ctypes
import os
import random
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import queue_limit  # noqa: E402: found by the line above

LEVELS = 20, 10, 10, 9
ROUNDS = 5
RENAMES_A_ROUND = 40000
EVENTS_A_RENAME = 6  # of an exchange: two of FROM, TO and SELF
AT_FDCWD, RENAME_EXCHANGE = -100, 2

libc = ctypes.CDLL(None, use_errno=True)


class Node:
    def __init__(self, parent, name):
        self.parent, self.name = parent, name

    def path(self):
        names = []
        node = self
        while node.parent:
            names.append(node.name)
            node = node.parent
        return "/".join(reversed(names))

    def is_within(self, other):
        node = self
        while node and node is not other:
            node = node.parent
        return node is other


def make_tree():
    """A root without a name, and all below it, which are made in the working directory."""
    level, everything = [Node(None, "")], []
    root = level[0]
    for width in LEVELS:
        level = [Node(parent, f"d{i}") for parent in level for i in range(width)]
        for node in level:
            os.mkdir(node.path())
        everything += level
    return root, everything


def rename(old, new, exchange):
    if not exchange:
        os.rename(old, new)
    elif libc.renameat2(AT_FDCWD, old.encode(), AT_FDCWD, new.encode(), RENAME_EXCHANGE) < 0:
        raise OSError(ctypes.get_errno(), f"exchange {old} and {new}")


class Renamer:
    """Renames at random, and remembers how to go back."""

    def __init__(self, root, nodes, rng):
        self.root, self.nodes, self.rng = root, nodes, rng
        self.done = []
        self.count = 0
        self.moves = 0  # records that inotap has to write

    def move(self, node, parent):
        self.count += 1
        self.place(node, parent, f"n{self.count}")

    def place(self, node, parent, name):
        old, before = node.path(), (node.parent, node.name)
        self.moves += 2
        node.parent, node.name = parent, name
        rename(old, node.path(), False)
        self.done.append(lambda: self.place(node, *before))

    def exchange(self, a, b):
        self.moves += 4
        rename(a.path(), b.path(), True)
        a.parent, a.name, b.parent, b.name = b.parent, b.name, a.parent, a.name
        self.done.append(lambda: self.exchange(a, b))

    def pick(self, is_fit):
        while True:
            node = self.rng.choice(self.nodes)
            if is_fit(node):
                return node

    def step(self):
        kind = self.rng.randrange(5)
        node = self.rng.choice(self.nodes)
        if kind == 0:
            self.move(node, node.parent)
        elif kind == 1:
            self.move(node, self.pick(lambda other: not other.is_within(node)))
        elif kind == 2:  # a chain: here, there, and on
            for _ in range(3):
                self.move(node, self.rng.choice([node.parent, self.pick(lambda other: not other.is_within(node))]))
        elif kind == 3:  # neighbours
            self.exchange_with(node, lambda other: other.parent is node.parent)
        else:
            self.exchange_with(node, lambda other: not other.is_within(node) and not node.is_within(other))

    def exchange_with(self, node, is_fit):
        # Of neighbours there may be none: then with anyone.
        for _ in range(20):
            other = self.rng.choice(self.nodes)
            if other is not node and is_fit(other):
                return self.exchange(node, other)
        return self.move(node, node.parent)

    def back(self):
        self.done.pop()()
        self.done.pop()  # what goes back again


class Inotap:
    def __init__(self, program, held, account):
        self.account = account
        environment = dict(os.environ, LD_PRELOAD=held, HELD_FILE=account)
        ready_r, ready_w = os.pipe()
        self.process = subprocess.Popen(
            [program, "-r", "-e", "create,move", "--fields=events,path", f"--ready-fd={ready_w}", "."],
            stdout=subprocess.PIPE, pass_fds=[ready_w], env=environment, bufsize=0)
        os.close(ready_w)
        assert os.read(ready_r, 100) == b"READY=1\n"
        os.close(ready_r)
        self.sentinels = 0
        self.moves = 0

    def drain(self):
        """Until everything that has happened is handled: a file is made, and its record is waited for."""
        self.sentinels += 1
        name = f"sentinel{self.sentinels}"
        os.mknod(name)
        os.unlink(name)
        end = f"CREATE\t./{name}\n".encode()
        text = b""
        while not text.endswith(end):
            more = self.process.stdout.read(1 << 20)
            assert more, "inotap has ended"
            text += more
        assert b"Q_OVERFLOW" not in text
        self.moves += text.count(b"\nMOVED_") + text.startswith(b"MOVED_")

    def settle(self):
        """Bring what has no fixed size when it rests to the one that it has after a little work: the queue, whose
        index goes after a storm, and comes again with the first rename."""
        self.drain()
        os.mkdir("rest")
        self.drain()
        os.rename("rest", "rested")
        self.drain()
        os.rmdir("rested")
        self.drain()

    def held(self):
        with open(self.account, "rb") as file:
            return int.from_bytes(file.read(8), sys.byteorder)

    def kernel_says(self, key):
        """In KiB."""
        with open(f"/proc/{self.process.pid}/status") as file:
            return int(re.search(rf"^{key}:\s*(\d+) kB", file.read(), re.M)[1])

    def watches(self):
        most = 0
        for fd in os.listdir(f"/proc/{self.process.pid}/fdinfo"):
            with open(f"/proc/{self.process.pid}/fdinfo/{fd}") as file:
                most = max(most, file.read().count("inotify wd:"))
        return most


def run(program, held, account):
    root, nodes = make_tree()
    renamer = Renamer(root, nodes, random.Random(1))
    with queue_limit.usual() as limit:
        inotap = Inotap(program, held, account)
        portion = limit // EVENTS_A_RENAME - 10  # a step is 3 renames at most, and settling some more

    def in_portions(step, is_enough):
        since = 0
        while not is_enough():
            before = len(renamer.done)
            step()
            since += abs(len(renamer.done) - before)
            if since >= portion:
                inotap.drain()
                since = 0
        inotap.settle()

    def measure(what):
        state = inotap.held(), inotap.watches(), inotap.kernel_says("VmData")
        print("{}: {} bytes held, {} watches, VmData {} KiB".format(what, *state), flush=True)
        return state

    inotap.settle()
    measure("at the start")
    results = []
    for i in range(1 + ROUNDS):
        in_portions(renamer.step, lambda: len(renamer.done) >= RENAMES_A_ROUND // 2)
        in_portions(renamer.back, lambda: not renamer.done)
        results.append(measure(f"after round {i}"))
    inotap.process.terminate()
    inotap.process.stdout.close()
    inotap.process.wait()
    renames_of_settling = 1 + 2 * (1 + ROUNDS)
    assert inotap.moves == renamer.moves + 2 * renames_of_settling, f"{inotap.moves} records, {renamer.moves} expected"
    return results, len(nodes) + 1


# The index of what is queued is made when it is first asked for, which depends on how far inotap is behind: 1,024
# entries of 32 bytes, and as many lists of 16, twice.
INDEX = 1024 * (32 + 2 * 16)


def main():
    program, held, account, tree = (os.path.abspath(arg) for arg in sys.argv[1:])
    os.chdir(tree)
    results, directories = run(program, held, account)
    first = results[0]
    for result in results[1:]:
        more = result[0] - first[0]
        assert more in (0, INDEX, -INDEX), f"{more} bytes more are held than after the first round"
        assert result[1] == first[1] == directories, f"{result[1]} watches of {directories} directories"
        # What malloc(3) makes of that depends on the order of things: let it grow twice more, by its step of 132 KiB.
        assert result[2] <= first[2] + 2 * 136, f"VmData grew from {first[2]} KiB to {result[2]}"


if __name__ == "__main__":
    main()
