"""The report of an evaluation, for handmade outcomes with hostile texts."""

import csv
import json
import math
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest

from cica_qa.evaluation.report import write_reports
from cica_qa.evaluation.report.files import atomic_writer, folder_names
from cica_qa.evaluation.report.glossary import (
    METRICS,
    comparison_verdict,
    headline_metrics,
    in_glossary_order,
)
from cica_qa.evaluation.report.markdown import escaped
from cica_qa.evaluation.report.page import flatten, slices_by_column
from cica_qa.evaluation.report.plots import latency_histogram, reliability_plot, risk_coverage_plot
from cica_qa.evaluation.report.survey import focus_segments, outcome_state, survey
from cica_qa.evaluation.report.tables import formula_safe, trec_field
from cica_qa.evaluation.report.words import (
    REMARK,
    BilingualText,
    bidi_isolated,
    counted,
    interval,
    milliseconds,
    probability,
    rounded,
    signed,
)
from cica_qa.evaluation.scoring import LOWER_IS_BETTER
from cica_qa.evaluation.types import (
    Comparison,
    Estimate,
    Gold,
    NoiseDrop,
    Outcome,
    Point,
    Question,
    RunHit,
    SetProblem,
    SetResult,
    Slice,
)
from cica_qa.types import Citation

HOSTILE = "</script><img src=x onerror=alert(1)> {{7*7}} \u202eقلب\u202c | `a` \ud800\x00"
NAN = float("nan")


def outcome(qid: str, **given: object) -> Outcome:
    """Return an outcome; ``golds``, ``relevant`` and ``columns`` are passed to its question."""
    own = {key: given.pop(key) for key in ("golds", "relevant", "columns") if key in given}
    question = Question(qid, str(given.pop("text", "ما العاصمة؟")), **own)
    return Outcome(question, str(given.pop("asked", question.text)), **given)


def result(name: str = "قائمة", **given: object) -> SetResult:
    fields: dict[str, object] = {
        "format": "cica",
        "unit": "section",
        "counts": {"questions": 2, "answerable": 1},
        "figures": {"F1": Estimate(0.5, 0.25, 0.75, 2), "Novel": Estimate(0.1, 0.0, 0.2, 2)},
        "slices": (),
        "drops": (),
        "risk": (),
        "reliability": (),
        "latency": {},
        "histogram": (),
        "problems": (),
        "configuration": {},
    }
    return SetResult(name, **(fields | given))


ANSWERED = outcome(
    "q 1",
    golds=(Gold("باريس"), Gold("Paris")),
    relevant={"قسم أول": 2, "100%": 1},
    answer="=1+1",
    span="-5",
    cited=(
        Citation(1, "p", "a.txt", 10, 20, "0123456789", ((12, 14),)),
        Citation(2, "q", "b.txt", 0, 3, "abc"),
    ),
    confidence=1 / 3,
    found=(RunHit("قسم أول", 0.5), RunHit("", 0.5), RunHit("100%", 0.7), RunHit("z", 0.1)),
    figures={"F1": 0.1, "Right": 1.0, "Novel": 0.25},
    seconds=0.0625,
)
REFUSED = outcome(
    "q2",
    variant="",
    text=HOSTILE,
    golds=(Gold(HOSTILE),),
    columns={HOSTILE: HOSTILE},
    abstained=True,
    reason="@بلا",
    figures={"Right": 0.0},
    seconds=1.5,
)
NOISY = outcome("q 1", variant="إملاء", asked="ما العاصمه؟", relevant={"x": 1}, seconds=2.0)
FAILED = outcome("q3", error=HOSTILE)
OUTCOMES = (ANSWERED, REFUSED, NOISY, FAILED)
BETTER = Comparison("قائمة", "F1", 0.4, Estimate(0.1, 0.05, 0.15, 2), 0.0001, 0.0002, 50)


def written(
    folder: Path,
    outcomes: Iterable[Outcome] = OUTCOMES,
    comparisons: tuple[Comparison, ...] = (),
    **given: object,
) -> dict[str, str]:
    """Write a report of one set, and return the texts of its files by relative path."""
    kept = tuple(outcomes)
    paths = write_reports(folder, [result(**given)], {"قائمة": lambda: kept}, comparisons, HOSTILE)
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
    assert sorted(found.values()) == sorted(paths)
    return {name: path.read_bytes().decode("utf-8") for name, path in found.items()}


FULL: Mapping[str, object] = {
    "slices": (
        Slice("نوع", "b", 3, {"F1": Estimate(0.2, 0.1, 0.3, 3)}),
        Slice("نوع", HOSTILE, 9, {"F1": Estimate(0.3, 0.1, 0.4, 9)}),
    ),
    "drops": (
        NoiseDrop(
            HOSTILE, 2, {"F1": Estimate(0.4, 0.1, 0.6, 2)}, {"F1": Estimate(0.1, -0.1, 0.2, 2)}
        ),
    ),
    "risk": (Point(0.5, 0.1), Point(1.0, 0.3)),
    "reliability": (Point(0.3, 0.2, 4), Point(NAN, 0.5, 1)),
    "latency": {"p50": 0.0412, "p95": 0.09, "p99": 0.1, "mean": 0.05, "total": 3.0},
    "histogram": (Point(0.0, 0.05, 1200), Point(0.05, 0.1, 3)),
    "problems": (SetProblem("set.jsonl", 3, "malformed", HOSTILE),),
    "configuration": {HOSTILE: {"a": [1, HOSTILE], "b": None, "c": {}}},
}


def test_the_questions_are_a_table_without_formulas(tmp_path: Path) -> None:
    files = written(tmp_path)
    text = files["قائمة/questions.csv"]
    assert text.startswith("\ufeffqid,")
    rows = list(csv.DictReader(text.lstrip("\ufeff").splitlines()))
    assert rows[0] == {
        "qid": "q 1",
        "variant": "",
        "question": "ما العاصمة؟",
        "asked": "ما العاصمة؟",
        "expected": "باريس | Paris",
        "answer": "'=1+1",
        "span": "-5",
        "abstained": "0",
        "confidence": "0.3333333333333333",
        "reason": "",
        "error": "",
        "cited_doc": "a.txt | b.txt",
        "cited_start": "10 | 0",
        "cited_end": "20 | 3",
        "hits": "قسم أول |  | 100% | z",
        "F1": "0.1",
        "Right": "1.0",
        "Novel": "0.25",
    }
    assert (rows[1]["abstained"], rows[1]["confidence"], rows[1]["F1"]) == ("1", "", "")
    assert rows[1]["reason"] == "'@بلا"
    assert rows[1]["question"] == HOSTILE.replace("\ud800", "\\ud800")
    assert [row["variant"] for row in rows] == ["", "", "إملاء", ""]
    times = files["قائمة/times.csv"].splitlines()
    assert times == [
        "\ufeffqid,variant,seconds",
        "q 1,,0.0625",
        "q2,,1.5",
        "q 1,إملاء,2.0",
        "q3,,0.0",
    ]


@pytest.mark.parametrize("cell", ["=A1", "+x", "-x", "@SUM(A1)", "\t=1", "\r", "-1+1", "+", "-٣"])
def test_formulas_are_guarded(cell: str) -> None:
    assert formula_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-5", "+1.5e-3", "-.5", "a=b", "", "٣", "«-»"])
def test_numbers_and_texts_are_left_alone(cell: str) -> None:
    assert formula_safe(cell) == cell


def test_runs_and_judgements_can_be_read_by_trec_eval(tmp_path: Path) -> None:
    files = written(tmp_path)
    assert files["قائمة/run.trec"].splitlines() == [
        "q%201 Q0 قسم%20أول 1 0.5 cica-qa",
        "q%201 Q0 % 2 0.49999997 cica-qa",
        "q%201 Q0 100%25 3 0.49999994 cica-qa",
        "q%201 Q0 z 4 0.1 cica-qa",
    ]
    assert files["قائمة/qrels.trec"].splitlines() == ["q%201 0 قسم%20أول 2", "q%201 0 100%25 1"]


def test_scores_of_a_run_always_decrease(tmp_path: Path) -> None:
    scores = (math.inf, 5.0, 5.0, NAN, 7.0, 0.0, 0.0, -1e300)
    found = tuple(RunHit(f"u{at}", score) for at, score in enumerate(scores))
    lines = written(tmp_path, [outcome("q", found=found)])["قائمة/run.trec"].splitlines()
    read = [float(line.split(" ")[4]) for line in lines]
    assert len(read) == len(scores)
    assert all(a > b for a, b in pairwise(read))


@pytest.mark.parametrize("text", ["أ ب", "a\u00a0\tb\nc", "%20", "100%", "كلمة"])
def test_a_trec_field_has_no_space_and_can_be_decoded(text: str) -> None:
    assert len(trec_field(text).split()) == 1
    assert unquote(trec_field(text)) == text


def test_the_results_are_json_with_null_for_non_finite_numbers(tmp_path: Path) -> None:
    figures = {"F1": Estimate(1 / 3, NAN, math.inf, 2)}
    text = written(tmp_path, comparisons=(BETTER,), figures=figures)["results.json"]
    read = json.loads(text)
    assert list(read) == ["baseline", "comparisons", "sets"]
    assert read["sets"][0]["figures"]["F1"] == {
        "count": 2,
        "high": None,
        "low": None,
        "value": 1 / 3,
    }
    assert read["comparisons"][0]["p_corrected"] == 0.0002
    assert read["baseline"] == HOSTILE
    assert (
        text
        == json.dumps(read, ensure_ascii=False, sort_keys=True, indent=1).replace(
            "\ud800", "\\ud800"
        )
        + "\n"
    )


def test_the_markdown_has_the_figures_and_takes_texts_literally(tmp_path: Path) -> None:
    text = written(tmp_path, comparisons=(BETTER,), **FULL)["report.md"]
    assert text.startswith("# تقرير التقييم · Evaluation report\n")
    assert (
        "| المجموعة · Set | عدد الأسئلة · Questions | تداخل الكلمات (F1) · Word overlap (F1) | "
        "\u2068Novel\u2069 | زمن الجواب (ملّي ثانية) · Latency (ms) |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| \u2068قائمة\u2069 | 2 | 0.500 [0.250–0.750] | 0.100 [0.000–0.200] | 41 |\n"
    ) in text
    assert (
        "| 0.400 | +0.100 [+0.050 … +0.150] | \\<0.001 | \\<0.001 | "
        "أفضل بفارق لا يُعزى إلى المصادفة · Better, by more than chance explains |"
    ) in text
    assert "الخسارة · loss: +0.100 [−0.100 … +0.200]" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert "<img" not in text.replace("\\<img", "")
    assert "\u202e" not in text
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in tables]
    assert all(width > 2 for width in widths)


def test_texts_in_markdown_are_one_isolated_line() -> None:
    assert escaped("a\n|b\u2069") == "\u2068a \\|b\u2069"
    assert escaped("") == ""
    assert len(escaped("ا" * 500)) == 162


class Checker(HTMLParser):
    """Collects the open tags, the attributes that load resources, and the texts of scripts."""

    VOID = frozenset({"meta", "link", "img", "input", "br", "hr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.trouble: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.trouble += [name for name, _ in attrs if name in {"src", "srcset", "action"}]
        self.trouble += [name for name, _ in attrs if name.startswith("on")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.trouble.append(f"</{tag}>")


@pytest.mark.parametrize("full", [True, False])
def test_the_page_is_self_contained(tmp_path: Path, full: bool) -> None:
    files = written(tmp_path, comparisons=(BETTER,) if full else (), **(FULL if full else {}))
    text = files["report.html"]
    seen = Checker(text)
    assert seen.trouble == []
    assert seen.open == []
    assert "img" not in seen.tags
    assert "link" not in seen.tags
    assert len(seen.ids) == len(set(seen.ids))
    assert {link[0] for link in seen.links} == {"#"}
    assert {link[1:] for link in seen.links} <= set(seen.ids)
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text
    assert "\ud800" not in text
    assert "\x00" not in text
    assert "{{7*7}}" in text
    assert ("svg" in seen.tags) == full
    assert "Novel" in text


def test_the_embedded_rows_can_be_read_back(tmp_path: Path) -> None:
    text = written(tmp_path)["report.html"]
    embedded = text.split('id="data">')[1].split("</script>")[0]
    read = json.loads(embedded)
    assert [row["state"] for row in read["rows"]] == ["right", "refused-wrong", "unjudged", "error"]
    first = read["rows"][0]
    assert first["expected"] == ["باريس", "Paris"]
    assert first["cited"][0] == ["a.txt", 10, 20, [["01", False], ["23", True], ["456789", False]]]
    assert first["figures"] == {"F1": 0.1, "Right": 1.0, "Novel": 0.25}
    assert "confidence" not in read["rows"][1]
    assert read["rows"][1]["question"] == HOSTILE.replace("\ud800", "\ufffd")
    assert "seconds" not in embedded


def test_two_runs_differ_only_in_times(tmp_path: Path) -> None:
    slower = [outcome("q", seconds=1.0, answer="ج"), outcome("q", seconds=9.0, answer="ج")]
    files = [
        written(tmp_path / str(at), [one], comparisons=(BETTER,), **FULL)
        for at, one in enumerate(slower)
    ]
    assert {name for name in files[0] if files[0][name] != files[1][name]} == {"قائمة/times.csv"}


def test_a_large_set_is_not_embedded_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cica_qa.evaluation.report.write.MAX_ROWS", 3)
    many = [outcome(f"q{at}") for at in range(11)]
    names = ["a", "b"]
    sets = [result(name) for name in names]
    write_reports(tmp_path, sets, {"a": lambda: many[:1], "b": lambda: many})
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "في هذه الصفحة 3 من أصل 12 سؤالًا؛" in text
    assert len((tmp_path / "b" / "questions.csv").read_text(encoding="utf-8").splitlines()) == 12


def test_a_set_without_outcomes_has_a_report(tmp_path: Path) -> None:
    assert len(write_reports(tmp_path / "new", [], {})) == 3
    files = written(tmp_path / "other", [], counts={}, figures={})
    assert Checker(files["report.html"]).trouble == []


def test_an_interrupted_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")

    def fail() -> None:
        with atomic_writer(path) as out:
            out.write("new")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_each_set_has_its_own_safe_folder() -> None:
    names = ["../up", "a/b", "A_b", "..", "", "قائمة", "\ud800"]
    assert folder_names(names) == ["_up", "a_b", "A_b-2", "set", "set-2", "قائمة", "_"]


def test_the_worst_failures_come_first() -> None:
    wrong = {"Right": 0.0}
    sure = outcome("sure", answer="x", confidence=0.9, figures=wrong)
    unsure = outcome("unsure", answer="x", confidence=0.2, figures=wrong)
    unknown = outcome("unknown", answer="x", figures=wrong)
    refused = outcome("refused", abstained=True, figures=wrong)
    missed = outcome("missed", answer="x", figures={"Right": 1.0, "R@5": 0.0})
    failed = outcome("failed", error="x")
    noisy = outcome("noisy", variant="v", error="x")
    fine = outcome("fine", answer="x", figures={"Right": 1.0, "R@5": 1.0})
    found = survey([missed, refused, unknown, unsure, sure, noisy, fine, failed], 2)
    order = [(kind, one.question.qid) for kind, one in found.failures]
    assert order == [
        (0, "failed"),
        (1, "sure"),
        (1, "unsure"),
        (1, "unknown"),
        (2, "refused"),
        (3, "missed"),
    ]
    assert found.rows == [missed, refused]
    assert (found.total, found.names) == (8, {"Right", "R@5"})
    assert len(survey([sure] * 50, 0).failures) == 20
    assert [outcome_state(one) for one in (sure, refused, failed, fine)] == [
        "wrong",
        "refused-wrong",
        "error",
        "right",
    ]


def test_focus_outside_or_overlapping_the_quote_is_cut() -> None:
    cited = Citation(1, "p", "d", 100, 106, "abcdef", ((90, 102), (101, 104), (105, 120)))
    assert focus_segments(cited) == [("ab", True), ("cd", True), ("e", False), ("f", True)]


@pytest.mark.parametrize(
    ("count", "nominative", "oblique"),
    [
        (0, "لا أسئلة", "لا أسئلة"),
        (1, "سؤال واحد", "سؤال واحد"),
        (2, "سؤالان", "سؤالين"),
        (3, "3 أسئلة", "3 أسئلة"),
        (10, "10 أسئلة", "10 أسئلة"),
        (11, "11 سؤالًا", "11 سؤالًا"),
        (99, "99 سؤالًا", "99 سؤالًا"),
        (100, "100 سؤال", "100 سؤال"),
        (102, "102 سؤال", "102 سؤال"),
        (103, "103 أسئلة", "103 أسئلة"),
        (1215, "1,215 سؤالًا", "1,215 سؤالًا"),
    ],
)
def test_nouns_agree_with_their_number(count: int, nominative: str, oblique: str) -> None:
    assert counted(count).ar == nominative
    assert counted(count, oblique=True).ar == oblique
    assert counted(count).en == f"{count:,} question{'s' if count != 1 else ''}"


def test_remarks_agree_too() -> None:
    shown_counts = [counted(n, REMARK).ar for n in (1, 2, 5, 12)]
    assert shown_counts == ["ملاحظة واحدة", "ملاحظتان", "5 ملاحظات", "12 ملاحظة"]


def test_numbers_are_shown_as_readers_expect() -> None:
    assert [signed(v) for v in (0.1234, -0.05, 0.0, -0.0001, NAN)] == [
        "+0.123",
        "−0.050",
        "0.000",
        "0.000",
        "—",
    ]
    assert [probability(v) for v in (0.0001, 0.03, NAN)] == ["<0.001", "0.030", "—"]
    assert (interval(0.1, 0.2), interval(NAN, 1)) == ("0.100–0.200", "")
    assert [milliseconds(v) for v in (1.25, 0.0031, 0.0, NAN)] == ["1,250", "3.1", "0", "—"]
    assert [rounded(n) for n in (7, 99, 1234, 98765)] == [7, 99, 1200, 99000]
    assert bidi_isolated("a\u202eb\u2069") == "\u2068ab\u2069"


def comparison(difference: float, p: float, needed: int, metric: str = "F1") -> Comparison:
    return Comparison("s", metric, 0.5, Estimate(difference, -1, 1, 9), p, p, needed)


def test_verdicts_claim_only_what_is_significant() -> None:
    cases = [
        comparison(0.1, 0.01, 9),
        comparison(-0.1, 0.01, 9),
        comparison(0.1, 0.01, 9, "Wrong answer"),
        comparison(0.1, NAN, 1234),
        comparison(0.0, 0.01, 0),
        comparison(0.1, 0.3, 2),
    ]
    assert [comparison_verdict(one)[0] for one in cases] == [
        "better",
        "worse",
        "worse",
        *["same"] * 3,
    ]
    assert comparison_verdict(cases[3])[1] == BilingualText(
        "لا فرق يُعتدّ به؛ ولإثبات فرق بهذا القدر يلزم نحو 1,200 سؤال",
        "No difference to speak of; to show one of this size takes about 1,200 questions",
    )
    assert comparison_verdict(cases[4])[1].ar == "لا فرق يُعتدّ به"
    assert comparison_verdict(cases[5])[1].ar.endswith("نحو سؤالين")


def test_every_known_figure_is_explained_in_both_languages() -> None:
    for one in METRICS.values():
        assert all((*one.title, *one.meaning))
        assert one.meaning.ar.endswith(".")
        assert one.meaning.en.endswith(".")
    assert in_glossary_order(["Zeta", "F1", "nDCG@10", "F1", "Alpha"]) == [
        "nDCG@10",
        "F1",
        "Alpha",
        "Zeta",
    ]
    assert headline_metrics(["R@1", "F1", "Alpha"]) == ["F1", "Alpha"]


def test_slices_go_from_the_largest_down() -> None:
    slices = [Slice("c", value, count, {}) for value, count in (("b", 2), ("z", 9), ("a", 2))]
    ((column, names, rows),) = slices_by_column(slices)
    assert (column, names) == ("c", [])
    assert [one.value for one in rows] == ["z", "a", "b"]


def test_a_nested_configuration_is_flattened() -> None:
    nested = {"a": {"b": {"c": 1}, "d": [1, 2]}, "e": None, "f": {}, "g": {3, 1}}
    assert list(flatten(nested)) == [
        ("a.b.c", "1"),
        ("a.d", "1، 2"),
        ("e", ""),
        ("f", ""),
        ("g", "1، 3"),
    ]


def test_plots_draw_points_and_are_empty_without_them() -> None:
    assert (risk_coverage_plot(()), reliability_plot(()), latency_histogram((), {})) == ("", "", "")
    assert latency_histogram((Point(0, 1, 0),), {}) == ""
    many = risk_coverage_plot([Point(at / 10_000, 0.04) for at in range(10_001)])
    assert len(many) < 9_000
    assert ">0.050<" in many
    assert many.count("<title ") == 1
    dots = reliability_plot([Point(0.2, 0.1, 1234), Point(0.9, 1.0, 2), Point(NAN, 0, 1)])
    assert dots.count("<circle") == 2
    assert ">1,234<" in dots
    bars = latency_histogram([Point(0.0, 0.1, 3), Point(0.1, 0.2, 0)], {"p50": 0.05, "p95": NAN})
    assert bars.count('class="bar"') == 2
    assert "p50 = 50" in bars
    assert "p95" not in bars


def test_verdicts_and_ci_agree_on_metrics_where_less_is_better():
    lower = {name for name, metric in METRICS.items() if metric.lower}
    assert lower == LOWER_IS_BETTER
