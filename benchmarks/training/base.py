"""The bundled encoder with its whole vocabulary, from which the reader is trained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn

from cica_qa.models.bundled import find_source
from cica_qa.models.e5_file import read_e5_file
from cica_qa.models.e5_model import model_files


def in_bf16(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 if that is faster than single precision on this device."""
    if device.type == "cuda":
        faster = torch.cuda.is_bf16_supported()
    else:
        faster = torch.cpu._is_amx_tile_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=faster)


@dataclass(frozen=True, slots=True)
class Base:
    """The embeddings, which stay frozen, the layers, which are trained, and the tokenizer."""

    embeddings: nn.Module
    layers: nn.ModuleList
    tokenizer: Tokenizer
    device: torch.device

    @classmethod
    def load(cls, folder: Path, device: torch.device) -> Base:
        """Load the model from ``folder``, writing it there first if necessary."""
        from transformers import AutoModel

        if not (folder / "config.json").exists():
            for name, content in model_files(read_e5_file(find_source()), keep=lambda _: True):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        model: Any = AutoModel.from_pretrained(folder).float().eval()
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        embeddings = model.embeddings.requires_grad_(False).to(device)
        return cls(embeddings, model.encoder.layer, tokenizer, device)
