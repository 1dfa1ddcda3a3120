"""Evaluation on question sets: formats, systems, scores, statistics and reports."""

try:
    import ijson as _ijson  # noqa: F401  # only to check that the extra is installed
    import ir_measures as _ir_measures  # noqa: F401  # likewise
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"evaluating needs {error.name}. Install it: pip install 'cica-qa[evaluate]'",
        name=error.name,
    ) from error
