"""Cross-validation, set by set, of a tuned encoder; see docs/explanation/tuned-encoder.md."""
