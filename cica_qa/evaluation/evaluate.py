"""The public ``evaluate``: ask question sets of a system and report the figures."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from cica_qa.answer.pipeline import Pipeline
from cica_qa.documents.load import LoadedDocuments
from cica_qa.errors import IndexStoreError, SettingsError
from cica_qa.evaluation.compare import baseline_table, compare_tables, regressions, shortfalls
from cica_qa.evaluation.formats.trec import read_trec_run
from cica_qa.evaluation.journal import JOURNAL_NAME
from cica_qa.evaluation.noise import VARIANTS
from cica_qa.evaluation.report import write_reports
from cica_qa.evaluation.runner import run_set
from cica_qa.evaluation.sets import read_set
from cica_qa.evaluation.statistics import holm_corrected
from cica_qa.evaluation.summary import summarise, tabulate
from cica_qa.evaluation.systems import HttpSystem, PipelineSystem, RunSystem, System
from cica_qa.evaluation.types import Comparison, QuestionSet, RunHit, SetResult
from cica_qa.index.build import update_index
from cica_qa.index.location import Location, located
from cica_qa.index.opened import require_index
from cica_qa.models.cache import cache_root
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Progress
from cica_qa.retrieve.retriever import Retriever
from cica_qa.settings import Settings

DEFAULT_INDEX = Path("index")
_IN_MANIFEST = (
    "format_version",
    "package_version",
    "model_id",
    "model_fingerprint",
    "dimension",
    "normalizer_fingerprint",
    "chunker_fingerprint",
    "analyzer_fingerprint",
    "dense",
    "counts",
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The results of an evaluation; ``files`` are its reports, ``report.html`` first."""

    results: tuple[SetResult, ...]
    comparisons: tuple[Comparison, ...]
    files: tuple[Path, ...]

    def regressions(self) -> list[Comparison]:
        """Return the comparisons that are significantly worse than the baseline."""
        return regressions(self.comparisons)

    def shortfalls(self, floors: Mapping[str, float]) -> list[str]:
        """Return a line for each figure that misses its floor. Raises ``SettingsError``."""
        return shortfalls(self.results, floors)


def evaluate(  # noqa: PLR0913 - the public signature
    sets: Sequence[str | Path],
    index_dir: str | Path | None = None,
    out_dir: str | Path = "evaluation",
    *,
    settings: Settings | None = None,
    k: int = 10,
    robustness: bool | Sequence[str] = False,
    baseline: str | Path | None = None,
    system: str = "",
    strict: bool = False,
    restart: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Ask every question of ``sets`` and write the reports into ``out_dir``.

    Each set is a file or a folder in one of the formats of docs/reference/evaluation.md. Its
    questions are asked of ``index_dir``; without it, of the set's own documents, indexed in the
    user's cache, or, if it has none, of the folder ``index``. ``k`` passages are retrieved for each
    question.
    ``robustness`` asks each question again with every kind of noise, or with the named ones.
    ``baseline`` is the ``out_dir`` of an earlier evaluation to compare with. ``system``
    evaluates another system: the path of a TREC run, or the URL of an endpoint, to which
    ``settings.system_key`` is sent as a bearer token. ``strict`` raises the first problem of a set
    instead of skipping the entry. An interrupted run is continued unless ``restart`` is set.

    Raises ``QuestionSetError``, ``SettingsError``, ``EvaluationError``, and what
    ``Pipeline.load`` raises.
    """
    settings, folder = settings or Settings(), Path(out_dir)
    variants = _variants(robustness)
    if k < 1:
        raise SettingsError(f"k is {k}; ask for at least 1 passage.")
    read = [read_set(Path(path), strict=strict) for path in sets]
    _require_different(read)
    earlier = Path(baseline) if baseline else None
    systems = _Systems(settings, k, located(index_dir) if index_dir else None, system, progress)
    runs, results, comparisons = [], [], []
    for questions in read:
        next(iter(questions))  # report a set without questions before loading a model
        own = folder / questions.name
        if restart:
            (own / JOURNAL_NAME).unlink(missing_ok=True)
        asked = systems.of(questions)
        done = run_set(questions, asked, own, variants, progress)
        table = tabulate(done.outcomes())
        runs.append(done)
        results.append(
            summarise(
                table,
                name=questions.name,
                format=questions.format,
                unit=questions.unit,
                problems=done.problems,
                configuration={**asked.configuration(), "set": questions.fingerprint()},
            )
        )
        if earlier:
            comparisons += compare_tables(questions.name, table, baseline_table(earlier, questions))
    after = holm_corrected(comparisons)
    outcomes = {one.questions.name: one.outcomes for one in runs}
    named = earlier.name if earlier else ""
    files = write_reports(folder, results, outcomes, after, named)
    return Evaluation(tuple(results), after, tuple(files))


def _variants(robustness: bool | Sequence[str]) -> tuple[str, ...]:
    if isinstance(robustness, bool):
        return tuple(VARIANTS) if robustness else ()
    if unknown := [name for name in robustness if name not in VARIANTS]:
        raise SettingsError(f"there is no noise {unknown[0]!r}; there are: {', '.join(VARIANTS)}")
    return tuple(robustness)


def _require_different(sets: Sequence[QuestionSet]) -> None:
    if not sets:
        raise SettingsError("name at least one question set.")
    names = [one.name for one in sets]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SettingsError(f"two sets are named {twice!r}; rename one of the files.")


class _Systems:
    """Provides the system to ask for each set; every index is loaded once."""

    def __init__(
        self,
        settings: Settings,
        k: int,
        index_dir: Location | None,
        system: str,
        progress: Progress | None,
    ) -> None:
        self._settings, self._k, self._index_dir = settings, k, index_dir
        self._progress = progress
        self._other = _other_system(system, settings, k) if system else None
        self._loaded: dict[Location, System] = {}

    def of(self, questions: QuestionSet) -> System:
        """Return the system for a set, after indexing the set's own documents if it has any."""
        if self._other is not None:
            return self._other
        index_dir = self._index_dir or self._own_index(questions) or DEFAULT_INDEX
        if index_dir not in self._loaded:
            pipeline = Pipeline.load(index_dir, settings=self._settings)
            manifest = require_index(index_dir)
            about = {name: getattr(manifest, name) for name in _IN_MANIFEST}
            self._loaded[index_dir] = PipelineSystem(pipeline, self._k, about)
        return self._loaded[index_dir]

    def _own_index(self, questions: QuestionSet) -> Path | None:
        """Return an index of the set's own documents, cached by content and settings, or None."""
        documents = questions.documents()
        if documents is None:
            return None
        settings = self._settings
        recipe = [questions.fingerprint(), settings.model, settings.passage_chars]
        recipe += [settings.window_words, settings.lemmas, settings.vector_index]
        digest = hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]
        folder = cache_root(settings.cache_dir) / "evaluation" / digest
        try:
            Retriever.load(folder, settings=settings)
        except IndexStoreError:  # missing, or of another version
            encoder = load_encoder(settings)
            update_index(
                LoadedDocuments(list(documents)), folder, encoder, settings, self._progress
            )
        return folder


def _other_system(system: str, settings: Settings, k: int) -> System:
    if system.startswith(("http://", "https://")):
        return HttpSystem(system, key=settings.system_key.get_secret_value(), k=k)
    path = Path(system)
    found = read_trec_run(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    return RunSystem(
        path.stem, {unquote(qid): _unquoted(hits) for qid, hits in found.items()}, digest
    )


def _unquoted(hits: Sequence[RunHit]) -> list[RunHit]:
    """Return hits with the percent-encoding of their names undone, which our own runs use."""
    return [replace(hit, unit=unquote(hit.unit)) for hit in hits]
