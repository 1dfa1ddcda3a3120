"""SVG plots for the web page, coloured by its style sheet and labelled in both languages.

Plots run from left to right in both languages, as number lines do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from markupsafe import Markup, escape

from cica_qa.evaluation.report.words import BilingualText, milliseconds
from cica_qa.evaluation.types import Point

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 424, 24, 246
_POINTS = 240

Scale = Callable[[float], float]


def risk_coverage_plot(points: Sequence[Point]) -> Markup:
    """Return a plot of risk against coverage; empty without points."""
    points = _finite(points)
    if not points:
        return Markup()
    points = sorted(points, key=lambda point: point.x)
    step = -(-len(points) // _POINTS)
    thinned = [*points[::step], points[-1]]
    top = _ceiling(max(point.y for point in points))
    x, y = _scale(0, 1, LEFT, RIGHT), _scale(0, top, BOTTOM, TOP)
    path = " ".join(f"{x(point.x):.1f},{y(point.y):.1f}" for point in thinned)
    fill = f"{x(thinned[0].x):.1f},{BOTTOM} {path} {x(thinned[-1].x):.1f},{BOTTOM}"
    inner = Markup('<polygon class="area" points="{}"/><polyline class="line" points="{}"/>')
    return _plot(
        BilingualText("الخطأ مقابل التغطية", "Risk against coverage"),
        BilingualText("نسبة الأسئلة المُجاب عنها", "Share of questions answered"),
        BilingualText("نسبة الخطأ", "Share wrong"),
        _grid(x, y, 1, top) + inner.format(fill, path),
    )


def reliability_plot(points: Sequence[Point]) -> Markup:
    """Return a plot of the share of right answers against confidence; empty without points."""
    points = sorted(_finite(points), key=lambda point: point.x)
    if not points:
        return Markup()
    x, y = _scale(0, 1, LEFT, RIGHT), _scale(0, 1, BOTTOM, TOP)
    line = " ".join(f"{x(point.x):.1f},{y(point.y):.1f}" for point in points)
    most = max(point.count for point in points) or 1
    dots = [
        Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(
            x(point.x), y(point.y), 3 + 5 * math.sqrt(point.count / most)
        )
        + _text(x(point.x), y(point.y) + (22 if point.y > 0.9 else -12), f"{point.count:,}", "n")
        for point in points
    ]
    ideal = Markup('<path class="ideal" d="M{} {}L{} {}"/>').format(LEFT, BOTTOM, RIGHT, TOP)
    trend = Markup('<polyline class="line" points="{}"/>').format(line)
    return _plot(
        BilingualText("صدق درجة الثقة", "Reliability of confidence"),
        BilingualText(
            "متوسط الثقة (وعدد الأجوبة عند كل نقطة)", "Mean confidence (with answer counts)"
        ),
        BilingualText("نسبة الصواب", "Share right"),
        _grid(x, y, 1, 1) + ideal + trend + Markup("").join(dots),
    )


def latency_histogram(bins: Sequence[Point], latency: Mapping[str, float]) -> Markup:
    """Return a histogram of latencies with the median and p95; empty without bins."""
    bins = _finite(bins)
    if not bins or not any(one.count for one in bins):
        return Markup()
    marks = [(name, latency[name]) for name in ("p50", "p95") if name in latency]
    marks = [(name, value) for name, value in marks if math.isfinite(value)]
    low = min([0.0, *(one.x for one in bins)])
    high = max([one.y for one in bins] + [value for _, value in marks])
    most = max(one.count for one in bins)
    x, y = _scale(low, high, LEFT, RIGHT), _scale(0, most, BOTTOM, TOP + 18)
    bars = [
        Markup('<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            x(one.x), y(one.count), max(0.5, x(one.y) - x(one.x) - 1), BOTTOM - y(one.count)
        )
        for one in bins
    ]
    ticks = [low + (high - low) * part / 4 for part in range(5)]
    axis = [_text(x(value), BOTTOM + 18, milliseconds(value)) for value in ticks]
    rows = [_row(y(count), f"{count:,}") for count in range(0, most + 1, -(-most // 4))]
    return _plot(
        BilingualText("زمن الجواب", "Latency"),
        BilingualText("ملّي ثانية", "Milliseconds"),
        BilingualText("عدد الأسئلة", "Questions"),
        Markup("").join([*rows, *axis, *bars, *_marks(marks, x)]),
    )


def _marks(marks: Sequence[tuple[str, float]], x: Scale) -> list[Markup]:
    """Return labelled vertical lines; the second label is lower if it would cover the first."""
    drawn: list[Markup] = []
    places = [x(value) for _, value in marks]
    close = any(abs(b - a) < 110 for a, b in pairwise(places))
    for at, ((name, value), place) in enumerate(zip(marks, places, strict=True)):
        label = f"{name} = {milliseconds(value)}"
        height = TOP - 6 + (16 if at and close else 0)
        near_end = place > RIGHT - 80
        side = "end" if near_end else "start"
        drawn.append(
            Markup('<path class="mark" d="M{0:.1f} {1}V{2}"/>').format(place, TOP - 16, BOTTOM)
            + _text(place + (-5 if near_end else 5), height, label, f"strong {side}")
        )
    return drawn


def _finite(points: Sequence[Point]) -> list[Point]:
    return [point for point in points if math.isfinite(point.x) and math.isfinite(point.y)]


def _ceiling(value: float) -> float:
    """Return the upper end of a scale of shares: the lowest suitable one that is enough."""
    return next((top for top in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8) if value <= top), 1.0)


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    span = (high - low) or 1.0
    return lambda value: start + (end - start) * (value - low) / span


def _grid(x: Scale, y: Scale, right: float, top: float) -> Markup:
    digits = 3 if top <= 0.1 else 2
    rows = [_row(y(top * part / 4), f"{top * part / 4:.{digits}f}") for part in range(5)]
    columns = [
        _text(x(right * part / 4), BOTTOM + 18, f"{right * part / 4:.2f}") for part in range(5)
    ]
    return Markup("").join([*rows, *columns])


def _row(height: float, label: str) -> Markup:
    line = Markup('<path class="grid" d="M{} {:.1f}H{}"/>').format(LEFT, height, RIGHT)
    return line + _text(LEFT - 8, height + 4, label, "end")


def _text(x: float, y: float, label: str, names: str = "") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(names, x, y, label)


def _plot(
    title: BilingualText, below: BilingualText, beside: BilingualText, inner: Markup
) -> Markup:
    """Return a figure with its title, plot and axis labels, each in both languages."""
    labels = [
        Markup('<text class="t axis" lang="{}" x="{}" y="{}">{}</text>').format(
            language, (LEFT + RIGHT) / 2, HEIGHT - 10, getattr(below, language)
        )
        + Markup(
            '<text class="t axis" lang="{}" transform="translate(15 {}) rotate(-90)">{}</text>'
        ).format(language, (TOP + BOTTOM) / 2, getattr(beside, language))
        for language in ("ar", "en")
    ]
    return Markup(
        '<figure class="plot"><figcaption><span class="t" lang="ar">{ar}</span>'
        '<span class="t" lang="en">{en}</span></figcaption>'
        '<svg viewBox="0 0 {width} {height}" role="img" aria-label="{ar}" data-label-ar="{ar}" '
        'data-label-en="{en}"><title data-text-ar="{ar}" data-text-en="{en}">{ar}</title>'
        "{inner}{labels}</svg></figure>"
    ).format(
        ar=escape(title.ar),
        en=escape(title.en),
        width=WIDTH,
        height=HEIGHT,
        inner=inner,
        labels=Markup("").join(labels),
    )
