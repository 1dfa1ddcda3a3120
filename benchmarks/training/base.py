"""The encoder that the reader grows out of, with its whole vocabulary, cut in two."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from cica_qa.encoders.bundled import find_source
from cica_qa.encoders.e5_file import read_e5_file
from cica_qa.encoders.e5_model import model_files

BATCH_TOKENS = 4096
Ids = tuple[int, ...]


def in_bf16(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the processor does so faster than in single precision."""
    if device.type == "cuda":
        faster = torch.cuda.is_bf16_supported()
    else:
        faster = torch.cpu._is_avx512_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=faster)


@dataclass(slots=True)
class Base:
    """The lower layers, which stay as they are, the upper ones, which are trained, a tokenizer.

    Questions and texts pass the lower layers apart from each other, so what these make of a
    text is worked out once and kept, in half precision.
    """

    lower: nn.Module
    upper: nn.ModuleList
    tokenizer: Tokenizer
    device: torch.device
    kept: dict[Ids, Tensor]

    @classmethod
    def load(cls, folder: Path, lower_layers: int, device: torch.device) -> Base:
        """Load the model, whose directory is made in ``folder`` where it is not there."""
        from transformers import AutoModel

        if not (folder / "config.json").exists():
            for name, content in model_files(read_e5_file(find_source()), keep=lambda _: True):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        model = AutoModel.from_pretrained(folder, attn_implementation="sdpa").float().eval()
        layers: Any = model.encoder.layer
        upper = layers[lower_layers:]
        model.encoder.layer = layers[:lower_layers]
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(model.requires_grad_(False).to(device), upper, tokenizer, device, {})

    @torch.no_grad()
    def states(self, texts: list[Ids]) -> list[Tensor]:
        """Return what the lower layers make of each text, shape ``(tokens, width)``."""
        new = sorted({ids for ids in texts if ids not in self.kept}, key=len)
        while new:
            size = max(1, BATCH_TOKENS // len(new[0]))
            batch = [ids for ids in new[:size] if len(ids) == len(new[0])]
            new = new[len(batch) :]
            ids = torch.tensor(batch, device=self.device)
            with in_bf16(self.device):
                hidden = self.lower(input_ids=ids).last_hidden_state.half().cpu()
            self.kept.update(zip(batch, hidden.clone(), strict=True))
        return [self.kept[ids] for ids in texts]
