"""Samples over time as a picture: one panel a column, with a line for each fault."""

import html

WIDTH, PANEL, LEFT, TOP = 960, 150, 90, 34


def draw(samples, faults, columns):
    """SVG. samples: [{"s": seconds, column: number}]; faults: [(seconds, what)]; columns: [(name, unit)]."""
    last = max(sample["s"] for sample in samples) or 1
    x_of = lambda s: LEFT + s / last * (WIDTH - LEFT - 20)  # noqa: E731
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{TOP + (PANEL + 40) * len(columns)}" '
           'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>']
    for number, (name, unit) in enumerate(columns):
        values = [sample[name] for sample in samples]
        most = max(values) or 1
        top = TOP + number * (PANEL + 40)
        y_of = lambda v, top=top, most=most: top + PANEL - v / most * PANEL  # noqa: E731
        out.append(f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{html.escape(name)}</text>')
        for part in (0, 0.5, 1):
            y = y_of(most * part)
            out.append(f'<line x1="{LEFT}" x2="{WIDTH - 20}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                       f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * part:,.0f} {html.escape(unit)}</text>')
        for second, what in faults:
            out.append(f'<line x1="{x_of(second):.1f}" x2="{x_of(second):.1f}" y1="{top}" y2="{top + PANEL}" stroke="#e8a33d">'
                       f'<title>{html.escape(what)}</title></line>')
        points = " ".join(f"{x_of(sample['s']):.1f},{y_of(value):.1f}" for sample, value in zip(samples, values))
        out.append(f'<polyline points="{points}" fill="none" stroke="#0b6e99" stroke-width="1.5"/>')
    out.append(f'<text x="{WIDTH - 20}" y="{TOP + (PANEL + 40) * len(columns) - 16}" text-anchor="end">{last:,.0f} s; lines: faults</text></svg>')
    return "\n".join(out) + "\n"
