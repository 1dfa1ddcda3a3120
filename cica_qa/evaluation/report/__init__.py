"""The report of an evaluation: a page to read, tables to compute with, runs for ``trec_eval``."""

from __future__ import annotations

from cica_qa.evaluation.report.write import write_reports

__all__ = ["write_reports"]
