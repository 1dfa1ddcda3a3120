"""Does a tuned encoder earn its place? Cross-validation by set; see docs/tuned-encoder.md."""
