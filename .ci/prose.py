"""Check the grammar of English prose: docstrings, comments, messages and documents.

Usage: python .ci/prose.py [FILE ...]

Harper checks it offline. Spelling is codespell's part. Code, Arabic and
quotations are left out. A line ends with ``prose: ignore`` where a finding is wrong.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harper import Dialect, Linter, get_default_lint_config

ROOT = Path(__file__).resolve().parents[1]
# Data, generated pages and what is quoted from elsewhere are not our prose.
LEFT_OUT = ("tests/data/", "corpus/", "benchmarks/results/", "docs/reference/cli.md")
# Rules that are a matter of style, or that mistake names and terms of the field for errors.
OFF = (
    # Spelling: codespell does that, and has no quarrel with names.
    "SpellCheck", "SplitWords", "MergeWords", "OrthographicConsistency", "CompoundNouns",
    "DisjointPrefixes", "PhrasalVerbAsCompoundNoun", "Overall", "WrongNegative",
    # Typography and layout: sentences begin with names of code, figures with a point.
    "SentenceCapitalization", "Spaces", "Dashes", "UseTitleCase", "UseEllipsisCharacter",
    "EllipsisLength", "NumericRangeEnDash", "UnclosedQuotes", "OxfordComma", "LongSentences",
    # Abbreviations and terms: "min", "dir", "a confidence", "middlewares".
    "ExpandArgument", "ExpandConfiguration", "ExpandControl", "ExpandDependencies",
    "ExpandDirectory",
    "ExpandMemoryShorthands", "ExpandMinimum", "ExpandTimeShorthands", "MassNouns",
    "QuantifierNumeralConflict", "CondenseAllThe",
    # Wrong more often than right on the sentences of this project.
    "MissingTo", "MissingPreposition", "ThatThan", "TheirToThere", "ToTwoToo", "NotIn",
    "PronounInflectionBe", "LetsConfusion", "HavePronoun", "ThereIsAgreement", "OneOfTheSingular",
    "AWhile", "DiscourseMarkers", "CapitalizePersonalPronouns", "AdjectiveDoubleDegree",
)  # fmt: skip
ARABIC = r"[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff]"
# Harper does not look into code, so all that is not English prose becomes code.
FOREIGN = re.compile(
    rf"SHA-256|``[^`]*``|`[^`\n]*`|«[^»]*»|{ARABIC}(?:[\s\d.:،؛؟–-]*{ARABIC})*[؟،؛]?", re.DOTALL
)
MESSAGES = frozenset({"help", "description", "epilog"})


class Text(NamedTuple):
    """A piece of prose and the line on which it begins."""

    line: int
    prose: str


def of_markdown(source: str) -> Iterator[Text]:
    """Yield the paragraphs of a page, without code, tables of figures and markup."""
    source = re.sub(r"^```.*?^```", _blank, source, flags=re.MULTILINE | re.DOTALL)
    source = re.sub(r"<[^>]+>", "", source)
    source = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", source)
    line = 1
    for part in re.split(r"(\n\s*\n)", source):
        if part.startswith("|"):
            for at, row in enumerate(part.split("\n")):
                yield from (Text(line + at, cell.strip()) for cell in row.split("|"))
        else:
            yield Text(line, re.sub(r"^[#>*-]+ ", "", part))
        line += part.count("\n")


def of_python(source: str) -> Iterator[Text]:
    """Yield docstrings, comments, messages of errors and help texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield Text(node.lineno, node.value.value)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from (Text(node.lineno, _said(one)) for one in node.exc.args[:1])
        elif isinstance(node, ast.keyword) and node.arg in MESSAGES:
            yield Text(node.value.lineno, _said(node.value))
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            said = re.sub(r"^(noqa|type:|fmt:|ruff:|mypy:|!).*", "", token.string.lstrip("# "))
            if block and token.line.lstrip().startswith("#") and token.start[0] == last + 1:
                block.append(said)
            else:
                yield Text(first, "\n".join(block))
                block, first = [said], token.start[0]
            last = token.start[0]
    yield Text(first, "\n".join(block))


def _said(node: ast.expr) -> str:
    """Return the text of a string, what is put into it replaced."""
    if isinstance(node, ast.JoinedStr):
        parts = (v.value if isinstance(v, ast.Constant) else "`x`" for v in node.values)
        return "".join(map(str, parts))
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _blank(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def findings(file: Path, linter: Linter) -> Iterator[str]:
    """Yield what is wrong in a file, each as a line with its place."""
    source = file.read_text("utf-8")
    lines = source.splitlines()
    for text in (of_markdown if file.suffix == ".md" else of_python)(source):
        prose = FOREIGN.sub(lambda match: "`x`" + _blank(match), text.prose)
        if len(prose.split()) < 2:
            continue
        for lint in linter.lint(prose):
            line = text.line + prose.count("\n", 0, lint.span.start)
            if "prose: ignore" not in lines[line - 1]:
                place = (
                    f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file.name}:{line}"
                )
                yield f"{place}: {lint.problem_text!r}: {lint.message}"


def files() -> list[Path]:
    """Return the tracked and new files that hold prose of ours."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "*.py", "*.md"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    kept = [name for name in sorted(names.split("\n")) if name and not name.startswith(LEFT_OUT)]
    return [ROOT / name for name in kept if (ROOT / name).is_file()]


def main(names: list[str]) -> int:
    """Print all findings; the exit code is 1 where there are any."""
    linter = Linter(dialect=Dialect.BRITISH)
    linter.set_lint_config({**get_default_lint_config(), **dict.fromkeys(OFF, False)})
    found = [
        one
        for file in ([Path(name).resolve() for name in names] or files())
        for one in findings(file, linter)
    ]
    print("\n".join(found) or "no finding in the prose")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
