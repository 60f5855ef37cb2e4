"""report.py: the results as tables in Markdown, the targets, and the plot.
Neighbours: measures.py has the results; bench.py says where this goes."""

import platform
import subprocess
import sys

from machine import QUEUE_LIMITS, processors, read_number, unchanged
from measures import SCOPES

PACKAGES = ["inotify-tools", "fswatch", "watchman", "fatrace", "python3-inotify"]
NOTHING = "–"
LEAST_TICKS = 20

# In a document the table stands between these.
BEGIN = "<!-- scripts/bench writes from here: -->"
END = "<!-- to here. -->"


# ---- cells ----


def show(value):
    """Three digits that count, and thousands apart."""
    if value is None:
        return NOTHING
    if value == 0:
        return "0"
    if abs(value) < 0.001:
        return "< 0.001"
    digits = 3
    for bound in (1, 10, 100):
        digits -= abs(value) >= bound
    return f"{value:,.{digits}f}"


class Cells:
    def __init__(self, results, section):
        self.results, self.section = results, section

    def median(self, row, column):
        return self.results.median(self.section, row, column)

    def plain(self, row, column):
        return show(self.median(row, column))

    def spread(self, row, column):
        """The median, and in brackets the least and the most."""
        value = self.median(row, column)
        if value is None:
            return NOTHING
        least, most = self.results.spread(self.section, row, column)
        return f"{show(value)} ({show(least)} to {show(most)})"

    def ratio(self, row, other, column):
        a, b = self.median(row, column), self.median(other, column)
        return NOTHING if a is None or not b else f"{a / b:.2f}"


def markdown(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def with_note(results, section, row, name, cells):
    """Where there is something to say instead of a figure, it stands in the first cell."""
    note = results.notes.get((section, row))
    if not note:
        return [name, *cells]
    if all(cell == NOTHING for cell in cells):
        return [name, f"not here: {note}", *([""] * (len(cells) - 1))]
    return [f"{name} ({note})", *cells]


# ---- sections ----


def drain(results, bench):
    cells = Cells(results, "drain")
    rows = results.rows("drain")
    text = ""
    for scope in SCOPES:
        for length in (12, 200):
            wanted = [row for row in rows if row[0] == scope and row[-1] == length]
            if not wanted:
                continue
            lines = []
            noted = [row for row in rows if row[0] == scope and len(row) == 2]
            for row in wanted + noted:
                floor = (scope, floor_of(row[1]), length)
                inotap = (scope, "inotap text", length)
                lines.append(with_note(results, "drain", row, row[1], [
                    cells.spread(row, "cpu_ns"), *user_and_system(results, row),
                    cells.ratio(row, floor, "cpu_ns"), cells.ratio(row, inotap, "cpu_ns"), cells.plain(row, "events"),
                    cells.plain(row, "records"), cells.plain(row, "bytes"), cells.plain(row, "calls"),
                    cells.plain(row, "instructions")]))
            text += f"\n### Drain, {describe(scope, bench)}, names of {length} bytes\n\n" + markdown(
                ["candidate", "CPU, ns an event", "user", "system", "× floor", "× inotap text", "events/s",
                 "records an event", "bytes an event", "system calls for 1,000 events", "instructions an event"], lines)
    return text


def user_and_system(results, row):
    """The sum is exact; how it is divided the kernel tells in ticks, of which it takes some."""
    user, system = results.total("drain", row, "user_ticks"), results.total("drain", row, "system_ticks")
    cpu_ns = results.median("drain", row, "cpu_ns")
    if user + system < LEAST_TICKS:
        return [NOTHING, NOTHING]
    return [show(cpu_ns * ticks / (user + system)) for ticks in (user, system)]


def floor_of(label):
    return "floor for " + label.removeprefix("inotap ") if label.startswith("inotap ") else "floor for text"


def describe(scope, bench):
    return "one watch" if scope == "one" else f"recursive, {bench.options.directories:,} directories"


def live(results, bench):
    cells = Cells(results, "live")
    text = ""
    for scope in SCOPES:
        lines = []
        for row in results.rows("live"):
            if row[0] == scope:
                lost = cells.median(row, "lost")
                worst = results.spread("live", row, "lost")
                lines.append(with_note(results, "live", row, row[1], [
                    cells.spread(row, "file_us"), cells.ratio(row, (scope, "no watcher"), "file_us"),
                    NOTHING if lost is None else f"{lost:.2%} (at most {worst[1]:.2%})" if worst[1] else "0", cells.plain(row, "cpu_ns")]))
        if lines:
            text += f"\n### Live, {describe(scope, bench)}\n\n" + markdown(
                ["candidate", "writer, µs a file", "× no watcher", "events lost", "watcher's CPU, ns an event"], lines)
    return text


def setup(results, bench):
    cells = Cells(results, "setup")
    text = ""
    for scope in ("warm", "cold"):
        lines = []
        for row in results.rows("setup"):
            if row[0] == scope:
                bare = (scope, "bare inotify_add_watch", row[2])
                inotap = (scope, "inotap text", row[2])
                seconds = cells.median(row, "seconds")
                lines.append(with_note(results, "setup", row, f"{row[1]}, {row[2]:,}", [
                    cells.spread(row, "seconds"), cells.plain(row, "cpu_s"), cells.ratio(row, bare, "cpu_s"),
                    cells.ratio(row, inotap, "seconds"), show(seconds and seconds / row[2] * 1e6),
                    cells.plain(row, "bytes")]))
        for row in results.rows("setup"):
            if row[0] == "tree":
                lines.append(with_note(results, "setup", row, row[1], [NOTHING] * 6))
        if lines:
            text += f"\n### Set-up, {scope} cache\n\n" + markdown(
                ["candidate, directories", "seconds to ready", "CPU, s", "CPU, × bare", "time, × inotap", "µs a directory",
                 "own bytes a directory"], lines)
    return text


def latency(results, bench):
    cells = Cells(results, "latency")
    text = ""
    for scope in SCOPES:
        lines = []
        for row in results.rows("latency"):
            if row[0] == scope:
                name = row[1] + (f", of {bench.options.event_rate:,} a second" if row[-1] == "steady" else "")
                lines.append(with_note(results, "latency", row, name, [
                    cells.spread(row, "p50"), cells.spread(row, "p99"), cells.spread(row, "p999")]))
        if lines:
            text += f"\n### Latency, {describe(scope, bench)}\n\n" + markdown(
                ["candidate", "p50, µs", "p99, µs", "p99.9, µs"], lines)
    return text


def idle(results, bench):
    cells = Cells(results, "idle")
    lines = [with_note(results, "idle", row, row[1], [
        cells.plain(row, "wakes"), cells.plain(row, "resident_kib"), cells.plain(row, "own_kib"),
        cells.spread(row, "start_ms"), cells.plain(row, "binary_kib"), cells.plain(row, "libraries")])
        for row in results.rows("idle")]
    return "\n### Idle, one watch\n\n" + markdown(
        ["candidate", "context switches a second", "resident, KiB", "of it its own", "start to ready, ms",
         "stripped binary, KiB", "shared libraries"], lines) if lines else ""


# ---- targets ----


def targets(bench):
    """Of each: what, at most or at least how much, and what was reached."""
    results = bench.results
    largest = max(bench.options.setup_sizes)
    median = results.median

    def ratio(section, row, other, column):
        a, b = median(section, row, column), median(section, other, column)
        return None if a is None or not b else a / b

    def difference(section, row, other, column):
        a, b = median(section, row, column), median(section, other, column)
        return None if a is None or b is None else a - b

    for scope, name in SCOPES.items():
        def drained(label, scope=scope):
            return (scope, label, 12)
        yield f"drain, {name}: text, × floor", "≤", 1.3, ratio("drain", drained("inotap text"), drained("floor for text"), "cpu_ns")
        yield f"drain, {name}: JSON, × floor", "≤", 1.5, ratio("drain", drained("inotap JSON"), drained("floor for JSON"), "cpu_ns")
        yield (f"drain, {name}: inotifywait, × inotap", "≥", 4,
               ratio("drain", drained("inotifywait"), drained("inotap text"), "cpu_ns"))
        yield (f"drain, {name}: Python loop, × inotap", "≥", 3,
               ratio("drain", drained("Python loop"), drained("inotap text"), "cpu_ns"))
        yield f"drain, {name}: system calls for 1,000 records", "≤", 50, median("drain", drained("inotap text"), "calls")
        worst = results.spread("live", (scope, "inotap JSON"), "lost")
        yield f"live, {name}: events lost, JSON to a file", "≤", 0, worst and worst[1]
        row, floor = (scope, "inotap text"), (scope, "floor for text")
        yield f"latency, {name}: p50 above floor, µs", "≤", 5, difference("latency", row, floor, "p50")
        yield f"latency, {name}: p99 above floor, µs", "≤", 20, difference("latency", row, floor, "p99")
    warm = ("warm", "inotap text", largest)
    yield (f"set-up, {largest:,} directories: CPU, × bare", "≤", 1.3,
           ratio("setup", warm, ("warm", "bare inotify_add_watch", largest), "cpu_s"))
    yield (f"set-up, {largest:,} directories: inotifywait, × inotap", "≥", 3,
           ratio("setup", ("warm", "inotifywait", largest), warm, "seconds"))
    yield f"set-up, {largest:,} directories: own bytes a directory", "≤", 100, median("setup", warm, "bytes")
    smaller = ("warm", "inotap text", largest // 10)
    a, b = median("setup", warm, "seconds"), median("setup", smaller, "seconds")
    yield (f"set-up, {largest:,} directories: time a directory, × that of {largest // 10:,}", "≤", 1.3,
           a and b and a / largest / (b / (largest // 10)))
    yield "idle: context switches a second", "≤", 0, median("idle", ("one", "inotap text"), "wakes")
    yield "idle: resident, KiB", "≤", 1536, median("idle", ("one", "inotap text"), "resident_kib")
    yield "idle: start to ready, ms", "≤", 2, median("idle", ("one", "inotap text"), "start_ms")


def target_table(bench):
    rows = []
    for what, sign, bound, reached in targets(bench):
        if reached is None:
            verdict = "not measured"
        else:
            verdict = "met" if (reached <= bound if sign == "≤" else reached >= bound) else "**not met**"
        rows.append([what, f"{sign} {bound:,}", show(reached), verdict])
    return "\n### Targets\n\n" + markdown(["target", "bound", "reached", "verdict"], rows)


# ---- the whole ----


def machine_lines(bench):
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.machine()
    options = bench.options
    versions = [version for package in PACKAGES if (version := version_of(package))]
    revision = subprocess.run([options.inotap, "--version"], stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    with unchanged(QUEUE_LIMITS[1]):
        queue_limit = read_number(QUEUE_LIMITS[1])
    yield f"{revision}; {model}, {len(processors)} processors; Linux {platform.release()}."
    yield f"Peers: {', '.join(versions) or 'none installed'}."
    yield (f"Rounds: {options.rounds}, in turn. Figures are medians; in brackets the least and the most of the rounds. "
           f"Drain: {options.events:,} events. Live: {options.live_files:,} files, queue limit "
           f"{queue_limit:,}. Latency: {options.samples:,} events a round.")
    if options.size != "full":
        yield f"A run with --{options.size}: rough figures."


def version_of(package):
    try:
        found = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}", package], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    except OSError:
        return None
    return found.stdout if found.returncode == 0 and " " in found.stdout.strip() else None


def table(bench):
    text = "\n".join(f"- {line}" for line in machine_lines(bench)) + "\n"
    text += target_table(bench)
    for section in drain, live, setup, latency, idle:
        text += section(bench.results, bench)
    return text


def has_marks(path):
    try:
        with open(path) as file:
            text = file.read()
    except OSError:
        return False
    return text.find(BEGIN) < text.find(END) and text.count(BEGIN) == text.count(END) == 1


def write_between_marks(path, table_text):
    with open(path) as file:
        text = file.read()
    before, after = text[:text.index(BEGIN) + len(BEGIN)], text[text.index(END):]
    with open(path, "w") as file:
        file.write(f"{before}\n\n{table_text}\n{after}")


# ---- the plot ----


def short(bench, label):
    """A label without its remark; with a star where events are merged or only counted."""
    merges = any(one.label() == label and not one.tells_all for one in bench.candidates)
    return label.partition(" (")[0] + ("*" if merges else "")


def bars(bench, title, unit, section, rows, column, log):
    """Clusters of two: one watch, and recursive. `rows` gives a label and, by scope, a row."""
    data = []
    for label, by_scope in rows:
        values = [bench.results.median(section, by_scope(scope), column) for scope in SCOPES]
        if any(value is not None for value in values):
            data.append(f'"{short(bench, label)}" ' + " ".join("NaN" if value is None else f"{value:.6g}" for value in values))
    if not data:
        return ""
    return f"""
$data << EOD
{chr(10).join(data)}
EOD
set title "{title}"
set ylabel "{unit}"
{'set logscale y' if log else 'unset logscale y'}
set yrange [{'*' if log else '0'}:*]
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.8 border -1
set xtics rotate by -35 scale 0
set key above
plot $data using 2:xtic(1) title "one watch" linecolor rgb "#2b6ca3", "" using 3 title "recursive" linecolor rgb "#e08a2e"
"""


def lines_of_setup(bench):
    blocks, plots = "", []
    labels = dict.fromkeys(row[1] for row in bench.results.rows("setup") if row[0] == "warm")
    for i, label in enumerate(labels):
        points = [(count, bench.results.median("setup", ("warm", label, count), "seconds"))
                  for count in bench.options.setup_sizes]
        points = [f"{count} {seconds:.6g}" for count, seconds in points if seconds]
        if points:
            blocks += f"$setup{i} << EOD\n{chr(10).join(points)}\nEOD\n"
            width = 3 if label.startswith("inotap") else 1.5
            plots.append(f'$setup{i} using 1:2 with linespoints linewidth {width} title "{short(bench, label)}"')
    if not plots:
        return ""
    return blocks + f"""
set title "Set-up, warm: seconds to ready"
set ylabel "s"
set xlabel "directories"
set logscale xy
set yrange [*:*]
set xtics norotate auto scale 1
set key outside right top vertical
set format y "%g"
plot {', '.join(plots)}
unset logscale x
unset xlabel
"""


def plot(bench, path):
    candidates = bench.candidates
    main = [one.label() for one in candidates if one.form in ("text", "json")]
    texts = [one.label() for one in candidates if one.form == "text"]
    lives = ["no watcher"] + [one.label() for one in candidates if one.form == "json" or one.name not in ("inotap", "floor")]
    panels = [
        bars(bench, "Drain: processor time an event (logarithmic; * tells less than every event)", "ns", "drain",
             [(label, lambda scope, label=label: (scope, label, 12)) for label in main], "cpu_ns", True),
        bars(bench, "Live: what a file costs its writer", "µs", "live",
             [(label, lambda scope, label=label: (scope, label)) for label in lives], "file_us", False),
        lines_of_setup(bench),
        bars(bench, "Latency: half of the events are told within (logarithmic)", "µs", "latency",
             [(label, lambda scope, label=label: (scope, label)) for label in texts], "p50", True),
    ]
    script = f"""
set terminal svg size 1200,900 noenhanced font "sans-serif,12" background rgb "white"
set output "{path}"
set encoding utf8
set grid ytics
set multiplot layout 2,2
{''.join(panels)}
unset multiplot
"""
    try:
        done = subprocess.run(["gnuplot"], input=script, text=True, stderr=subprocess.PIPE)
    except OSError:
        sys.exit("bench: there is no plot: gnuplot is not installed")
    if done.returncode != 0:
        sys.exit(f"bench: there is no plot: gnuplot says: {done.stderr.strip()}")
