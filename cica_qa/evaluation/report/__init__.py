"""The report of an evaluation: a web page, CSV tables, and runs for ``trec_eval``."""

from __future__ import annotations

from cica_qa.evaluation.report.write import write_reports

__all__ = ["write_reports"]
