"""The encoder in two parts: lower layers, whose states are cached, and upper ones, to be tuned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cica_qa.models.encoder.locate import local_folder, prompts_for
from cica_qa.settings import Settings

Vectors = NDArray[np.float32]
BATCH_TOKENS = 4096
EMBED_TEXTS = 8
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class States:
    """Hidden states of texts after the lower layers, concatenated, in bfloat16."""

    flat: Tensor
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The number of tokens of each text."""
        return np.diff(self.starts)

    def batch(self, indices: Sequence[int] | NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """Return padded states ``(texts, tokens, width)`` and the mask of real tokens."""
        chosen = [self.flat[self.starts[i] : self.starts[i + 1]] for i in indices]
        states = nn.utils.rnn.pad_sequence(chosen, batch_first=True)
        lengths = torch.tensor([len(one) for one in chosen])
        return states, torch.arange(states.shape[1])[None] < lengths[:, None]


class Upper(nn.Module):
    """The upper layers of a BERT encoder and mean pooling: from hidden states to unit vectors."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = deepcopy(layers)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return unit vectors of shape ``(texts, width)``."""
        attention = None if bool(mask.all()) else mask[:, None, None, :]
        for layer in self.layers:
            states = layer(states, attention)
        weights = mask[:, :, None].float()
        pooled = (states.float() * weights).sum(1) / weights.sum(1)
        return nn.functional.normalize(pooled, dim=-1)

    def embed(self, states: States, indices: NDArray[np.intp]) -> Tensor:
        """Return the unit vectors of some texts, with gradients, in the order of ``indices``.

        Texts are batched by length, since padding costs more than a batch saves.
        """
        order = np.argsort(states.lengths[indices], kind="stable")
        parts = [order[at : at + EMBED_TEXTS] for at in range(0, len(order), EMBED_TEXTS)]
        vectors = torch.cat([self(*states.batch(indices[part])) for part in parts])
        return vectors[torch.from_numpy(np.argsort(order))]

    @torch.inference_mode()
    def encode(self, states: States) -> Vectors:
        """Return the unit vectors of all texts, shape ``(len(states), width)``."""
        self.eval()
        width = states.flat.shape[1]
        vectors = np.empty((len(states), width), np.float32)
        for batch in _batches(states.lengths):
            hidden, mask = states.batch(batch)
            with torch.autocast("cpu", torch.bfloat16):
                vectors[batch] = self(hidden, mask).numpy()
        return vectors


@dataclass(slots=True)
class Encoder:
    """The bundled model, cut in two ``upper_layers`` below its top."""

    lower: nn.Module
    upper: Upper
    tokenizer: object
    query_prompt: str
    passage_prompt: str

    @classmethod
    def load(cls, settings: Settings, upper_layers: int) -> Encoder:
        """Load the model that the settings name."""
        from sentence_transformers import SentenceTransformer

        folder = local_folder(settings)
        model = SentenceTransformer(str(folder), local_files_only=True)
        prompts = prompts_for(settings.model, model.prompts)
        bert = model[0].model.eval()
        upper = Upper(bert.encoder.layer[-upper_layers:]).eval()
        bert.encoder.layer = bert.encoder.layer[:-upper_layers]
        return cls(bert, upper, model.tokenizer, prompts.query, prompts.passage)

    @torch.no_grad()
    def states(self, texts: Sequence[str], prompt: str, place: Path) -> States:
        """Return the texts' hidden states, read from ``place`` if they are cached there."""
        kept = place.with_suffix(".starts.npy")
        width = self.lower.config.hidden_size
        if kept.exists():
            starts = np.load(kept)
            flat = torch.from_file(str(place), False, int(starts[-1]) * width, dtype=torch.bfloat16)
            return States(flat.view(-1, width), starts)
        ids = self.tokenizer(
            [prompt + text for text in texts], truncation=True, max_length=MAX_TOKENS
        )["input_ids"]
        lengths = np.array([len(one) for one in ids])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        flat = torch.from_file(str(place), True, int(starts[-1]) * width, dtype=torch.bfloat16)
        states = States(flat.view(-1, width), starts)
        for batch in _batches(lengths):
            # All texts of a batch have the same length: there is no padding.
            with torch.autocast("cpu", torch.bfloat16):
                out = self.lower(input_ids=torch.tensor([ids[i] for i in batch])).last_hidden_state
            for i, hidden in zip(batch, out, strict=True):
                states.flat[starts[i] : starts[i + 1]] = hidden
        np.save(kept, starts)
        return states


def _batches(lengths: NDArray[np.int64]) -> Iterator[list[int]]:
    """Yield batches of texts of exactly the same length, up to ``BATCH_TOKENS`` tokens."""
    order = np.argsort(lengths, kind="stable")
    _, cuts = np.unique(lengths[order], return_index=True)
    for same in np.split(order, cuts[1:]):
        size = max(1, BATCH_TOKENS // int(lengths[same[0]]))
        for start in range(0, len(same), size):
            yield same[start : start + size].tolist()
