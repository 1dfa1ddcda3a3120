"""Files of every format: how much of their content is read, and whether questions find it.

``facts.jsonl`` in the folder has a line per fact, with at least ``file`` and ``text``. A fact is
found exactly if the text contains it after NFKC and folding white space, and loosely if it does
ignoring diacritics, kashida and spaces. ``questions.jsonl`` has ``file``, ``question``,
``answer`` and ``page``. ``cases`` are folders of small documents with their own questions,
``realdocs`` a folder of documents with one file of questions.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._common import ROOT, read_jsonl, write_results
from benchmarks._files import FileResult, facts_of, read_and_compare, summed
from benchmarks._found import answer_in, holds_gold, on_page, unit_rank
from benchmarks._long_pdf import long_pdf
from cica_qa import Document, Retriever, build_index
from cica_qa.errors import DocumentError

SHARED = ROOT.parent / "shared"
_HITS = 3
_LONG = "uae_law_word2019.pdf"
# The cases about files and structure; others ask for lists or summaries, or have no question.
STRUCTURE = ("02", "04", "05", "06", "07", "15", "17", "19", "20", "29", "30", "34")

Chosen = Callable[[str], bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=SHARED, help="of files, cases and realdocs")
    parser.add_argument("--only", default="", help="files and cases whose name holds one of these")
    parser.add_argument("--missed", action="store_true", help="show what was not found")
    options = parser.parse_args()
    folder: Path = options.folder
    if not (folder / "files").is_dir():
        print(f"no files in {folder} (--folder names another folder): nothing is measured")
        return
    parts = options.only.split(",")

    def chosen(name: str) -> bool:
        return any(part in name for part in parts)

    results, documents = read_files(folder / "files", chosen)
    questions, lost = ask_files(folder / "files", documents)
    cases = ask_cases(folder / "cases", chosen)
    real = ask_realdocs(folder / "realdocs") if not options.only else []
    if options.missed:
        for result in results:
            for fact in result.missed:
                print(f"{result.name}: missed: {fact}")
        print(*lost, sep="\n")
    tables = {
        "Facts found": summed(results),
        "Files": [result.row() for result in results],
        "Questions about the files, all in one index": questions,
        "Cases: the right unit": counted(cases),
        "Cases: its rank": cases,
        "Documents of sixteen kinds": real,
        "A long PDF": long_pdf(folder / "files" / _LONG) if chosen(_LONG) else [],
    }
    if options.only:
        print(*(f"{name}: {row}" for name, rows in tables.items() for row in rows), sep="\n")
    else:
        write_results("documents", tables)


def read_files(folder: Path, chosen: Chosen) -> tuple[list[FileResult], list[Document]]:
    """Read the files that have facts; the first is read twice, as reading it loads libraries."""
    results, documents = [], []
    for name, facts in list(facts_of(folder).items())[:1]:
        read_and_compare(folder / name, facts)
    for name, facts in facts_of(folder).items():
        if chosen(name):
            result, document = read_and_compare(folder / name, facts)
            results.append(result)
            documents += [document] if document else []
    return results, documents


def ask_files(
    folder: Path, documents: Sequence[Document]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Search the files for their questions; also return the questions that were not found."""
    names = {document.doc_id for document in documents}
    questions = [row for row in read_jsonl(folder / "questions.jsonl") if row["file"] in names]
    counts = {"file": 0, "file and page": 0, "answer in the text of these hits": 0}
    lost: list[str] = []
    with TemporaryDirectory() as index:
        build_index(documents, index)
        retriever = Retriever.load(index)
        for row in questions:
            hits = retriever.search(row["question"], k=_HITS)
            there = [hit for hit in hits if hit.passage.doc_id == row["file"]]
            paged = [hit for hit in there if on_page(hit, row["page"])]
            counts["file"] += bool(there)
            counts["file and page"] += bool(paged)
            found = any(answer_in(row["answer"], hit.passage.text) for hit in paged)
            counts["answer in the text of these hits"] += found
            if not paged:
                first = [(hit.passage.doc_id, [p.label for p in hit.passage.pages]) for hit in hits]
                lost.append(f"{row['file']} p. {row['page']}: {row['question']}: {first}")
    total = max(len(questions), 1)
    rows = [
        {"in the first three hits": name, "found": f"{count} of {total}", "share": count / total}
        for name, count in counts.items()
    ]
    return rows, lost


def ask_cases(folder: Path, chosen: Chosen) -> list[dict[str, Any]]:
    """Search the documents of each case for its answerable questions."""
    rows: list[dict[str, Any]] = []
    for case in sorted(folder.glob("*/questions.jsonl")):
        if case.parent.name[:2] not in STRUCTURE or not chosen(case.parent.name):
            continue
        with TemporaryDirectory() as index:
            try:
                build_index(case.parent / "documents", index)
            except DocumentError as error:
                rows.append({"case": case.parent.name, "question": str(error), "rank": "-"})
                continue
            retriever = Retriever.load(index)
            for row in read_jsonl(case):
                hits = retriever.search(row["question"], k=5)
                rank = unit_rank(hits, row["expected"])
                if rank is not None:
                    rows.append(
                        {"case": case.parent.name, "question": row["question"], "rank": rank or "-"}
                    )
    return rows


def counted(cases: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each case the number of questions whose unit ranks first or second."""
    rows: dict[str, list[bool]] = {}
    for row in cases:
        rows.setdefault(row["case"], []).append(row["rank"] in (1, 2))
    return [
        {"case": name, "questions": len(near), "first or second": sum(near)}
        for name, near in rows.items()
    ]


def ask_realdocs(folder: Path) -> list[dict[str, Any]]:
    """Search sixteen kinds of documents for the gold answers of their questions."""
    questions = [row for row in read_jsonl(folder / "questions.jsonl") if row["answerable"]]
    with TemporaryDirectory() as index:
        build_index(folder / "docs", index)
        retriever = Retriever.load(index)
        found = [
            holds_gold(row, retriever.search(row["question"], k=_HITS))
            for row in questions
            if not row["prior_question"]
        ]
    share = sum(found) / len(found)
    return [
        {"questions without one before them": len(found), "gold in the first three hits": share}
    ]


if __name__ == "__main__":
    main()
