"""Preparation of texts and normalisation of vectors, shared by all encoders."""

from __future__ import annotations

import re

import numpy as np

from cica_qa.protocols import Vectors

_SURROGATES = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """Return ``text`` with U+FFFD for each lone surrogate, which tokenizers cannot encode."""
    return _SURROGATES.sub("\ufffd", text)


def unit_rows(vectors: Vectors) -> Vectors:
    """Return ``vectors`` of shape (rows, dimension), each row scaled to Euclidean norm 1."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
    return unit
