"""Cross-validation of tuned encoders by question set; see docs/explanation/tuned-encoder.md."""
