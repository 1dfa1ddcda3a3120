"""The material for timing: questions, and synthetic collections of any size."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from benchmarks import _synthetic
from benchmarks._peers.environment import CACHE
from benchmarks._sets import POOL, collections
from benchmarks._vectors import StoredEncoder
from cica_qa import Settings
from cica_qa.arabic.normalize import Normalizer
from cica_qa.models.bundled import prepare_bundled
from cica_qa.models.encoder import load_encoder

TOKENS = 12
REAL = 1000
"""The number of contexts whose vectors those of the synthetic collections are derived from."""


@dataclass
class Material:
    """What every system is timed on: real contexts, their vectors, and questions."""

    contexts: list[str]
    questions: list[str]
    real: np.ndarray
    count_tokens: _synthetic.CountTokens

    def passages(self, count: int) -> list[str]:
        return _synthetic.passages(self.contexts, count, self.count_tokens)


def load_material(folder: Path) -> Material:
    model = prepare_bundled()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))

    def count(texts: list[str]) -> list[int]:
        encoded = tokenizer.encode_batch(texts, add_special_tokens=False)
        return [len(one.ids) for one in encoded]

    pool = next(c for c in collections(folder, None) if c.name == POOL)
    asked = [q.text for name in ("xquad_ar", "arcd_train") for q in pool.sets[name]]
    lengths = count(asked)
    questions = [text for text, n in zip(asked, lengths, strict=True) if n == TOKENS]
    contexts = list(pool.documents.values())
    some = random.Random(7).sample(contexts, REAL)
    encoder = StoredEncoder(load_encoder(Settings(model="bundled")), CACHE)
    normalizer = Normalizer()
    real = encoder.encode_passages([normalizer(text) for text in some])
    return Material(contexts, random.Random(9).sample(questions, len(questions))[:150], real, count)


def collection_folder(material: Material, size: int) -> Path:
    """Return the folder of a synthetic collection for the peers, creating it once."""
    recipe = Path(_synthetic.__file__).read_bytes() + material.real.tobytes()
    folder = CACHE / "collections" / f"speed-{size}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    if not (folder / "passages.npy").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        texts = material.passages(size)
        for name, lines in (("passages", texts), ("questions", material.questions)):
            written = "".join(json.dumps(line) + "\n" for line in lines)
            (folder / f"{name}.jsonl").write_text(written, encoding="utf-8")
        np.save(folder / "passages.npy", _synthetic.like(material.real, texts))
    return folder
