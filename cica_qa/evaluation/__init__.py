"""Question sets, what a system says to them, and what that is worth: the extra ``evaluate``."""

try:
    import ijson as _ijson  # noqa: F401
    import ir_measures as _ir_measures  # noqa: F401
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"evaluating needs {error.name}. Install it: pip install 'cica-qa[evaluate]'",
        name=error.name,
    ) from error
