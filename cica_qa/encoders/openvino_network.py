"""A network compiled for this CPU by OpenVINO, and its tokenizer, opened from two files.

Neither torch nor transformers is imported here.
"""

from __future__ import annotations

import platform
import sys
import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cica_qa.protocols import Vectors

DEVICE = "CPU"
BLOB, TOKENIZER = "network.blob", "tokenizer.json"
Integers = NDArray[np.int64]
_TELEMETRY = "openvino_telemetry"
_importing = threading.Lock()


def import_openvino() -> Any:
    """Import and return OpenVINO. Raises ``ImportError`` where it is missing or broken.

    Left alone, importing it sends an event to its makers and writes into the home folder;
    it does without where the package that does so cannot be imported.
    """
    with _importing:  # another thread would see it half imported
        return _import_openvino()


def _import_openvino() -> Any:
    if "openvino" in sys.modules:
        return sys.modules["openvino"] or _missing()
    before = sys.modules.get(_TELEMETRY)
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # makes its import fail
    try:
        import openvino
    except OSError as error:  # its libraries do not fit this system
        raise ImportError(str(error)) from error
    finally:
        if before is None:
            del sys.modules[_TELEMETRY]
        else:
            sys.modules[_TELEMETRY] = before
    return openvino


def _missing() -> Any:
    raise ImportError("openvino cannot be imported")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, and which characters each stands for: none for special ones."""

    ids: list[int]
    offsets: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Packed:
    """Texts in one row, the tokens of one behind those of the other, as a network reads them.

    Shapes are (tokens,) of ``ids``, ``positions`` within the text and ``back``, and (texts,
    tokens of the longest) of ``places`` and ``mask``. ``places`` tells where in the row the tokens
    of each text stand, ``mask`` which places are taken, and ``back`` which place, all of them
    in a row, each token has.
    """

    ids: Integers
    positions: Integers
    places: Integers
    back: Integers
    mask: Integers

    @classmethod
    def of(cls, texts: Sequence[Tokens], room: int | None = None) -> Self:
        """Pack texts, each of one token or more, in a row for at least ``room`` tokens."""
        lengths = np.array([len(text.ids) for text in texts])
        mask = np.arange(lengths.max()) < lengths[:, np.newaxis]
        tokens = int(lengths.sum())
        ids, positions, back = np.zeros((3, max(tokens, room or 0)), np.int64)
        ids[:tokens] = [token for text in texts for token in text.ids]
        positions[:tokens] = mask.nonzero()[1]
        back[:tokens] = mask.ravel().nonzero()[0]
        places = np.zeros(mask.shape, np.int64)
        places[mask] = np.arange(tokens)
        return cls(ids, positions, places, back, mask.astype(np.int64))

    @property
    def inputs(self) -> list[Integers]:
        """The inputs of a network that packs, in their order."""
        return [self.ids, self.positions, self.places, self.back, self.mask]


class Network:
    """From token ids to vectors. Safe to share by threads: they take turns."""

    def __init__(self, compiled: Any, tokenizer: Tokenizer, memory: object = None) -> None:
        """``memory`` is what ``compiled`` reads its weights from: kept alive as long as this."""
        self._request = compiled.create_infer_request()
        # One request suffices: OpenVINO gives all threads to one inference at a time.
        self._lock = threading.Lock()
        self._tokenizer = tokenizer
        self.packs = len(compiled.inputs) > len(("ids", "mask"))
        self.dimension = int(compiled.output(0).get_partial_shape()[1].get_length())
        self._memory = memory  # the last, so that it is the last to go

    @classmethod
    def open(cls, folder: Path, openvino: Any, precision: str, threads: int | None) -> Self:
        """Open the files ``BLOB`` and ``TOKENIZER``. Raises ``RuntimeError`` or ``OSError``."""
        with ThreadPoolExecutor(1) as pool:  # each takes some tenths of a second
            reading = pool.submit(_read_tokenizer, folder / TOKENIZER)
            # Mapped, so that the weights need no memory of their own.
            mapped = np.memmap(folder / BLOB, np.uint8, "c")
            blob = openvino.Tensor(mapped, shared_memory=True)
            compiled = openvino.Core().import_model(blob, DEVICE, options(precision, threads))
            return cls(compiled, reading.result(), (mapped, blob))

    @property
    def pieces(self) -> Collection[str]:
        """The tokenizer's vocabulary."""
        pieces: dict[str, int] = self._tokenizer.get_vocab()
        return pieces.keys()

    @property
    def tokenizer(self) -> Tokenizer:
        """A tokenizer of one's own, which cuts nothing and shares the vocabulary."""
        shared = self._tokenizer
        own = Tokenizer(shared.model)
        own.normalizer, own.pre_tokenizer = shared.normalizer, shared.pre_tokenizer
        own.post_processor = shared.post_processor
        own.add_special_tokens([*shared.get_added_tokens_decoder().values()])
        return own

    def tokens(self, text: str) -> Tokens:
        """Return the tokens of a text, cut to what the model can read; at least one."""
        encoding = self._tokenizer.encode(text)
        return Tokens(encoding.ids, encoding.offsets) if encoding.ids else Tokens([0], [(0, 0)])

    def vectors(self, batch: Sequence[Tokens]) -> Vectors:
        """Return the vectors of texts of equally many tokens, shape (texts, dimension)."""
        with self._lock:
            result: Vectors = self._infer(batch)[0].copy()
        return result

    def all_vectors(
        self, batch: Sequence[Tokens], room: int | None = None
    ) -> tuple[Vectors, Vectors]:
        """Return ``vectors`` and those of the tokens, shape (texts, tokens, their dimension).

        Texts may be of unlike lengths where the network ``packs``; what is behind the end of
        one then means nothing. ``room`` is for how many tokens to compute at least.
        """
        with self._lock:
            result = self._infer(batch, room)
            return result[0].copy(), result[1].copy()

    def _infer(self, batch: Sequence[Tokens], room: int | None = None) -> Any:
        if self.packs:
            return self._request.infer(Packed.of(batch, room).inputs)
        ids = np.array([text.ids for text in batch], np.int64)
        return self._request.infer([ids, np.ones_like(ids)])


def options(precision: str, threads: int | None) -> Mapping[str, object]:
    """How OpenVINO is to run a network.

    Threads are not pinned to cores: beside a busy process a pinned one would wait for its
    core while another is free.
    """
    chosen: dict[str, object] = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
        "INFERENCE_PRECISION_HINT": precision,
    }
    return chosen if threads is None else chosen | {"INFERENCE_NUM_THREADS": threads}


def machine(openvino: Any) -> dict[str, str]:
    """What a compiled network depends on: the processor and the version of OpenVINO."""
    core = openvino.Core()
    can = sorted(core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES"))
    name = core.get_property(DEVICE, "FULL_DEVICE_NAME")
    return {
        "processor": f"{platform.machine()} {name} ({' '.join(can)})",
        "openvino": str(openvino.get_version()),
    }


def native_precision(openvino: Any) -> str:
    """The precision in which this processor computes fastest: ``f32``, ``bf16`` or ``f16``."""
    hint = openvino.Core().get_property(DEVICE, "INFERENCE_PRECISION_HINT")
    return str(hint.get_type_name())


def _read_tokenizer(file: Path) -> Tokenizer:
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises nothing more exact
        raise RuntimeError(f"{file.name}: {error}") from error
