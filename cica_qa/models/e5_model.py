"""Conversion of an E5S1 file to the files of a SentenceTransformer directory.

The vocabulary is cut to what Arabic documents need: every piece in Arabic script, ASCII and
usual punctuation, and every single character of any other script, so that foreign words
are still spelt out instead of becoming unknown. The pieces left out are two thirds of the
upstream model's size.

The upstream tokenizer keeps a shadda before the vowel that follows it; this one puts them
in Unicode's canonical order first (NFKC), so such vocalised words may be cut differently.
On text without diacritics both are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from cica_qa.models.e5_file import E5File

PROMPTS = {"query": "query: ", "document": "passage: ", "passage": "passage: "}
SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
SPACE = "▁"
PUNCTUATION = frozenset(SPACE + "«»–—‘’“”…°×÷•·§©®€£")
ARABIC_BLOCKS = (
    (0x600, 0x6FF),
    (0x750, 0x77F),
    (0x8A0, 0x8FF),
    (0xFB50, 0xFDFF),
    (0xFE70, 0xFEFF),
)


def is_kept(piece: str) -> bool:
    """Return whether a piece of the vocabulary is kept."""
    return (
        piece in SPECIAL_TOKENS or len(piece.removeprefix(SPACE)) == 1 or all(map(_is_usual, piece))
    )


def _is_usual(character: str) -> bool:
    code = ord(character)
    return (
        code < 0x80
        or character in PUNCTUATION
        or any(first <= code <= last for first, last in ARABIC_BLOCKS)
    )


def model_files(
    source: E5File, keep: Callable[[str], bool] = is_kept
) -> Iterator[tuple[str, bytes]]:
    """Yield the relative path and the content of each file of the directory.

    ``keep`` decides which pieces of the vocabulary are kept. Raises ``ModelError`` if ``source``
    lacks a tensor.
    """
    from safetensors.numpy import save

    kept = np.array([i for i, piece in enumerate(source.pieces) if keep(piece)], dtype=np.intp)
    pieces = [source.pieces[i] for i in kept]
    yield "model.safetensors", save(_weights(source, kept), metadata={"format": "pt"})
    yield "tokenizer.json", _json(tokenizer_content(pieces, source.scores[kept]), indent=None)
    names = ("bos_token", "pad_token", "eos_token", "unk_token", "mask_token")
    tokens = dict(zip(names, SPECIAL_TOKENS, strict=True)) | {
        "cls_token": "<s>",
        "sep_token": "</s>",
    }
    yield "special_tokens_map.json", _json(tokens)
    yield "tokenizer_config.json", _json(_tokenizer_config(source, tokens))
    yield "config.json", _json(_config(source, len(pieces)))
    yield (
        "sentence_bert_config.json",
        _json({"max_seq_length": source.config.positions, "do_lower_case": False}),
    )
    yield "modules.json", _json(_modules())
    yield "1_Pooling/config.json", _json(_pooling(source.config.hidden))
    yield "2_Normalize/config.json", _json({})
    yield (
        "config_sentence_transformers.json",
        _json({"prompts": PROMPTS, "default_prompt_name": None, "similarity_fn_name": "cosine"}),
    )


def _json(value: object, indent: int | None = 1) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8") + b"\n"


def _weights(source: E5File, kept: NDArray[np.intp]) -> dict[str, NDArray[np.float16]]:
    """Return the weights by the names of a BERT model, in half precision to save disk space."""
    sizes, hidden = source.config, source.config.hidden
    word = source.tensor("emb.word", sizes.vocabulary, hidden, rows=kept)
    embeddings = {
        "word_embeddings.weight": word,
        "position_embeddings.weight": source.tensor("emb.pos", sizes.positions, hidden),
        "token_type_embeddings.weight": source.tensor("emb.type", sizes.types, hidden),
        "LayerNorm.weight": source.tensor("emb.ln.w", hidden),
        "LayerNorm.bias": source.tensor("emb.ln.b", hidden),
    }
    state = {f"embeddings.{name}": values for name, values in embeddings.items()}
    for layer in range(sizes.layers):
        state |= _layer(source, layer)
    # BERT's pooler plays no part in mean pooling and is not in the file. Without these zeros
    # transformers would initialise it at random and warn about it at each load.
    state["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float32)
    state["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    return {name: values.astype(np.float16) for name, values in state.items()}


def _layer(source: E5File, layer: int) -> dict[str, NDArray[np.float32]]:
    hidden, intermediate = source.config.hidden, source.config.intermediate
    dense = {
        "q": ("attention.self.query", hidden, hidden),
        "k": ("attention.self.key", hidden, hidden),
        "v": ("attention.self.value", hidden, hidden),
        "ao": ("attention.output.dense", hidden, hidden),
        "fi": ("intermediate.dense", intermediate, hidden),
        "fo": ("output.dense", hidden, intermediate),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    state = {}
    for short, (name, outputs, inputs) in dense.items():
        weight = source.tensor(f"l{layer}.{short}.w", outputs, inputs)
        state[f"encoder.layer.{layer}.{name}.weight"] = weight
        state[f"encoder.layer.{layer}.{name}.bias"] = source.tensor(f"l{layer}.{short}.b", outputs)
    for short, name in norms.items():
        for suffix, kind in (("w", "weight"), ("b", "bias")):
            values = source.tensor(f"l{layer}.{short}.{suffix}", hidden)
            state[f"encoder.layer.{layer}.{name}.{kind}"] = values
    return state


def tokenizer_content(pieces: Sequence[str], scores: NDArray[np.float32]) -> dict[str, object]:
    """Return the content of tokenizer.json, spelt out so that no library version changes it."""
    metaspace = {
        "type": "Metaspace",
        "replacement": SPACE,
        "prepend_scheme": "always",
        "split": True,
    }
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(pieces.index(token), token) for token in SPECIAL_TOKENS],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Nmt"},
                {"type": "NFKC"},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": metaspace,
        "post_processor": _post_processor(),
        "decoder": metaspace,
        "model": {
            "type": "Unigram",
            "unk_id": SPECIAL_TOKENS.index("<unk>"),
            "vocab": [list(pair) for pair in zip(pieces, scores.tolist(), strict=True)],
            "byte_fallback": False,
        },
    }


def _added(index: int, token: str) -> dict[str, object]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": index, "content": token, **flags, "special": True}


def _post_processor() -> dict[str, object]:
    start, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>"))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    tokens = {
        t: {"id": t, "ids": [SPECIAL_TOKENS.index(t)], "tokens": [t]} for t in ("<s>", "</s>")
    }
    return {
        "type": "TemplateProcessing",
        "single": [start, first, end],
        "pair": [start, first, end, end, second, end],
        "special_tokens": tokens,
    }


def _tokenizer_config(source: E5File, tokens: dict[str, str]) -> dict[str, object]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": source.config.positions,
        "clean_up_tokenization_spaces": False,
        "model_input_names": ["input_ids", "attention_mask"],
        **tokens,
    }


def _config(source: E5File, vocabulary: int) -> dict[str, object]:
    sizes = source.config
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.intermediate,
        "hidden_act": "gelu",
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "vocab_size": vocabulary,
        "layer_norm_eps": 1e-12,
        "pad_token_id": SPECIAL_TOKENS.index("<pad>"),
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        # Stored in half precision, but loaded in single precision, which is faster on CPUs.
        "dtype": "float32",
    }


def _modules() -> list[dict[str, object]]:
    paths = {"Transformer": "", "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    return [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(paths.items())
    ]


def _pooling(dimension: int) -> dict[str, object]:
    return {
        "word_embedding_dimension": dimension,
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }
