"""A stage of training: interrupted, begun from another, and what its scores are made into."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from benchmarks.training.as_reader import as_reader
from benchmarks.training.base import Base
from benchmarks.training.calibrate import calibration_error, fit_logit, fit_temperature
from benchmarks.training.network import Network
from benchmarks.training.pairs import NEITHER, Pair
from benchmarks.training.train import CHECKPOINT, Kept, Recipe, Sources, stage

WORDS = [f"w{n}" for n in range(20)]
RECIPE = Recipe(40, tokens=64, warm_up=5, dropout=0.1)


@pytest.fixture(scope="module")
def base() -> Base:
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=30, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    model = BertModel(config).eval()
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *WORDS]
    vocabulary = {piece: at for at, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    embeddings = model.embeddings.requires_grad_(False)
    return Base(embeddings, model.encoder.layer, tokenizer, torch.device("cpu"))


def drawn(rng: random.Random) -> Pair:
    """The answer is the token after the one that is asked for."""
    asked = rng.randrange(4, 14)
    passage = rng.sample(range(4, 24), rng.randrange(4, 9))
    at = passage.index(asked) + 1 if asked in passage[:-1] else -1
    start = at + 3 if at > 0 else 0
    ids = (0, asked, 2, *passage, 2)
    return Pair(ids, 3, start, start, int(at > 0), NEITHER)


def sources() -> Sources:
    return [drawn], [1.0]


def tensors(network: Network) -> torch.Tensor:
    return torch.cat([values.flatten() for values in network.state_dict().values()])


def test_an_interruption_changes_nothing(base: Base, tmp_path: Path) -> None:
    whole = stage(base, sources, RECIPE, tmp_path / "whole")
    stage(base, sources, replace(RECIPE, steps=13), tmp_path / "parts")
    assert Kept.read(tmp_path / "parts" / CHECKPOINT).step == 13
    parts = stage(base, sources, RECIPE, tmp_path / "parts")
    assert torch.equal(tensors(whole), tensors(parts))
    shorter = stage(base, sources, replace(RECIPE, steps=39), tmp_path / "shorter")
    assert not torch.equal(tensors(whole), tensors(shorter))


def test_what_is_done_is_not_done_again(base: Base, tmp_path: Path) -> None:
    done = stage(base, sources, RECIPE, tmp_path)

    def none() -> Sources:
        raise AssertionError("there is nothing left to train")

    assert torch.equal(tensors(done), tensors(stage(base, none, RECIPE, tmp_path)))


def test_a_stage_begins_with_the_weights_of_another(base: Base, tmp_path: Path) -> None:
    trunk = stage(base, sources, RECIPE, tmp_path / "trunk")
    still = replace(RECIPE, steps=1, rate=0.0, head_rate=0.0)
    begun = stage(base, sources, still, tmp_path / "next", tmp_path / "trunk")
    state = torch.load(tmp_path / "trunk" / CHECKPOINT, weights_only=True)
    last = torch.cat([values.flatten() for values in state["network"].values()])
    assert torch.allclose(tensors(begun), last)
    assert not torch.allclose(tensors(begun), tensors(trunk))  # which is an average
    before, after = (Kept.read(tmp_path / name / CHECKPOINT) for name in ("trunk", "next"))
    assert (after.step, after.pairs > before.pairs) == (1, True)
    moments = [
        torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["optimizer"]["state"][0]["step"]
        for name in ("trunk", "next")
    ]
    assert moments == [40, 41]


def test_a_stage_needs_the_one_that_it_begins_with(base: Base, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="trunk"):
        stage(base, sources, RECIPE, tmp_path / "next", tmp_path / "trunk")


def test_time_is_counted_over_interruptions(base: Base, tmp_path: Path) -> None:
    stage(base, sources, replace(RECIPE, steps=3), tmp_path)
    spent = Kept.read(tmp_path / CHECKPOINT).seconds
    assert spent > 0
    stage(base, sources, RECIPE, tmp_path, seconds=spent)
    assert Kept.read(tmp_path / CHECKPOINT).step == 3


def test_frozen_layers_stay(base: Base, tmp_path: Path) -> None:
    split = stage(base, sources, replace(RECIPE, steps=4, frozen=1), tmp_path)
    same = [
        all(map(torch.equal, own.parameters(), first.parameters()))
        for own, first in zip(split.layers, base.layers, strict=True)
    ]
    assert same == [True, False]


def test_a_network_in_training_reads_as_the_package_does(base: Base) -> None:
    torch.manual_seed(2)
    network = Network(base)
    text = "w3 w7, w9 w11"
    readings = as_reader(base, network).read("w7", [text, "w1"])
    span = readings[0].best(0, len(text))
    assert span is not None
    assert text[span.start : span.end].split()[0].strip(",") in text
    question = base.tokenizer.encode("query: w7", add_special_tokens=False).ids
    passage = base.tokenizer.encode(text, add_special_tokens=False).ids
    ids = (0, *question, 2, *passage, 2)
    with torch.inference_mode():
        _, answerable, verdict = network.eval()(base, [Pair(ids, len(question) + 2, 0, 0, 0, 0)])
    assert readings[0].answerable == pytest.approx(float(answerable.sigmoid()), abs=1e-4)
    assert readings[0].verdict == pytest.approx(verdict.softmax(1)[0].tolist(), abs=1e-4)


def test_the_calibration_finds_how_scores_were_stretched() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 2, 20_000)
    labels = (rng.random(len(logits)) < 1 / (1 + np.exp(-logits))).astype(np.int64)
    scale, shift = fit_logit(2 * logits + 1, labels)
    assert (scale, shift) == (pytest.approx(0.5, abs=0.03), pytest.approx(-0.5, abs=0.05))
    classes = rng.normal(0, 1.5, (20_000, 3))
    shares = np.exp(classes) / np.exp(classes).sum(1, keepdims=True)
    chosen = (shares.cumsum(1) > rng.random((len(shares), 1))).argmax(1)
    assert fit_temperature(4 * classes, chosen) == pytest.approx(4, abs=0.15)
    assert calibration_error(shares, chosen) < 0.02


def test_the_calibration_error_is_the_gap_between_sure_and_right() -> None:
    shares = np.array([[0.1, 0.9]] * 10)
    labels = np.array([1] * 6 + [0] * 4)
    assert calibration_error(shares, labels) == pytest.approx(0.3)
    mixed = np.vstack([shares, [[0.6, 0.4]] * 10])
    assert calibration_error(mixed, np.append(labels, [0] * 10)) == pytest.approx(0.35)
