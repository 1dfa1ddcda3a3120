"""The normaliser: its speed, and which options help the encoder find the right passage.

The speed is compared with CAMeL Tools' functions in the same run, which keep no map to the
original. The quality is RR@10 over the contexts of each set, each ranked by its best sentence, for
the original questions and for questions with common spelling mistakes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
from camel_tools.utils.dediac import dediac_ar
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
    normalize_unicode,
)

from benchmarks._common import ARTICLE, data_folder, read_jsonl, write_results
from cica_qa import Document, Settings
from cica_qa.arabic.normalize import Normalizer, NormalizerOptions
from cica_qa.documents.chunk import chunk
from cica_qa.models.encoder import load_encoder
from cica_qa.protocols import Encoder

SETS = ("arcd_train", "ardqa_dev")
QUESTIONS = 400
ALL_ON = NormalizerOptions(**{field.name: True for field in fields(NormalizerOptions)})


def main() -> None:
    tables = {"Speed": speed()}
    folder = data_folder()
    if folder:
        tables["RR@10 of the dense side, switch by switch"] = quality(folder)
    write_results("normalize", tables)


def speed() -> list[dict[str, object]]:
    text = ARTICLE.read_text(encoding="utf-8") * 100
    reference = _seconds(_camel, text)
    rows: list[dict[str, object]] = []
    systems: dict[str, Callable[[str], object]] = {
        "CAMeL functions, no map": _camel,
        "defaults, with map": Normalizer().normalize,
        "all switches on, with map": Normalizer(ALL_ON).normalize,
        "all switches on, text alone": Normalizer(ALL_ON),
    }
    for name, function in systems.items():
        seconds = _seconds(function, text)
        megabytes = len(text.encode()) / 1e6
        rows.append({"system": name, "MB/s": megabytes / seconds, "ratio": reference / seconds})
    return rows


def quality(folder: Path) -> list[dict[str, object]]:
    encoder = load_encoder(Settings())
    default = NormalizerOptions()
    variants = {"defaults": default, "all on": ALL_ON}
    variants["all off"] = NormalizerOptions(**{field.name: False for field in fields(default)})
    for field in fields(default):
        on = getattr(default, field.name)
        variants[f"{'without' if on else 'with'} {field.name}"] = replace(
            default, **{field.name: not on}
        )
    rows: list[dict[str, object]] = []
    for name, options in variants.items():
        row: dict[str, object] = {"switches": name}
        for file in SETS:
            row.update(_reciprocal_ranks(folder, file, Normalizer(options), encoder))
        means = [value for value in row.values() if isinstance(value, float)]
        rows.append({**row, "mean": float(np.mean(means))})
        print(rows[-1], flush=True)
    return rows


def _reciprocal_ranks(
    folder: Path, file: str, normalizer: Normalizer, encoder: Encoder
) -> dict[str, float]:
    entries = read_jsonl(folder / f"{file}.jsonl")
    contexts = {entry["context_id"]: entry["context"] for entry in entries}
    owners, texts = [], []
    for at, context in enumerate(contexts.values()):
        for passage in chunk(Document("x", "", context), len(context) + 200):
            for span in passage.units:
                owners.append(at)
                texts.append(normalizer(passage.slice(span.start, span.end)))
    vectors = encoder.encode_passages(texts)
    asked = random.Random(1).sample(entries, QUESTIONS)
    gold = np.array([list(contexts).index(entry["context_id"]) for entry in asked])
    rng = random.Random(3)
    found = {}
    for kind, spoil in (("", lambda text, _: text), (", misspelt", misspell)):
        questions = [normalizer(spoil(entry["question"], rng)) for entry in asked]
        scores = encoder.encode_queries(questions) @ vectors.T
        best = np.full((len(asked), len(contexts)), -np.inf)
        np.maximum.at(best.T, np.array(owners), scores.T)
        ranks = 1 + (best > best[np.arange(len(gold)), gold][:, None]).sum(1)
        found[f"{file}{kind}"] = float(np.where(ranks <= 10, 1 / ranks, 0).mean())
    return found


def misspell(text: str, rng: random.Random) -> str:
    """Drop hamzas and swap ة/ه and ى/ي in 30 % of the words; use Arabic-Indic digits."""
    words = []
    for word in text.split():
        if rng.random() < 0.3:
            word = word.translate(str.maketrans("أإآة", "اااه"))
            swapped = {"ى": "ي", "ي": "ى"}.get(word[-1])
            word = word[:-1] + swapped if swapped else word
        words.append(word)
    return " ".join(words).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))


def _camel(text: str) -> str:
    text = dediac_ar(normalize_unicode(text))
    return normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(text)))


def _seconds(function: Callable[[str], object], text: str) -> float:
    times = []
    for _ in range(5):
        start = time.perf_counter()
        function(text)
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
