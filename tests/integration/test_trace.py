"""Models of other architectures: texts are packed if possible, else batched by length."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cica_qa.models.encoder import load_encoder, network
from cica_qa.models.encoder.compiled import CompiledEncoder
from cica_qa.models.encoder.network import trace_networks
from cica_qa.models.encoder.sentence_transformer import SentenceTransformerEncoder
from cica_qa.settings import Settings

QUESTIONS = [
    "كم عدد الدول الأعضاء؟",
    "نعم",
    "",
    "The secretariat is in Jeddah.",
    "سؤال " * 9,
    "نعم",
]
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 80,
    "vocab_size": 200,
}
PACKED, APART = True, False
MODELS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "xlm-roberta": ("XLMRobertaConfig", {"pad_token_id": 1}, PACKED),
    "begins with what it is padded by": ("RobertaConfig", {"pad_token_id": 0}, APART),
    "electra": ("ElectraConfig", {"embedding_size": 32}, PACKED),
    "biases of positions": ("MPNetConfig", {"pad_token_id": 1}, APART),
    "sees what is behind only": ("Qwen2Config", {"num_key_value_heads": 4}, APART),
    "sees what is near": ("ModernBertConfig", {"pad_token_id": 1}, APART),
}


def model_folder(tiny_folder: Path, folder: Path, kind: str, more: dict[str, Any]) -> Path:
    """Return the tiny model with its network replaced by a random one of another kind."""
    import torch
    import transformers

    shutil.copytree(tiny_folder, folder)
    torch.manual_seed(3)
    config = getattr(transformers, kind)(**SIZES | more)
    transformers.AutoModel.from_config(config).save_pretrained(folder)
    return folder


TWICE = "begins with what it is padded by"
"""The model whose packing proves wrong only once it is compiled."""


@pytest.mark.parametrize("name", MODELS)
def test_questions_have_the_vectors_of_the_reference(
    tiny_folder: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, more, packed = MODELS[name]
    folder = model_folder(tiny_folder, tmp_path / "model", kind, more)
    settings = Settings(model=str(folder), cache_dir=tmp_path / "cache")
    reference = SentenceTransformerEncoder.load(settings)

    traced: list[Any] = []

    def counted(model: Any) -> Iterator[Any]:
        for one in trace_networks(model):
            traced.append(one)
            yield one

    monkeypatch.setattr(network, "trace_networks", counted)
    encoder = load_encoder(settings)
    assert isinstance(encoder, CompiledEncoder)
    assert len(traced) == (2 if name == TWICE else 1), "no network is made that is not needed"
    assert encoder._packs is packed
    together = np.stack([vector for vector, _ in encoder.encode_questions(QUESTIONS)])
    expected = reference.encode_queries(QUESTIONS)
    assert (together * expected).sum(axis=1).min() > 0.999
    apart = np.concatenate([encoder.encode_queries([question]) for question in QUESTIONS])
    assert (together * apart).sum(axis=1).min() > 0.999
