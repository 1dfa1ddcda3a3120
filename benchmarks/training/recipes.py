"""The recipes of the reader's training: shares of sets, steps and learning rates."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.training.mixture import Shares
from benchmarks.training.train import Recipe

TRUNK_SHARES = {
    "uqa_squad2_train_ur": 0.150,
    "squad_en": 0.125,
    "tydiqa_other": 0.110,
    "pquad_fa": 0.065,
    "mlqa_ar_dev": 0.015,
    "cloze": 0.070,
    "made": 0.180,
    "afriqa_en": 0.025,
    "nq_open_gold_en": 0.015,
    "qed_nq_dev_en": 0.006,
    "heq_he": 0.010,
    "thquad_tr": 0.015,
    "jaquad_ja": 0.015,
    "amqa_am": 0.005,
    "piaf10_fr": 0.009,
    "norquad_no": 0.010,
    "fairytaleqa_span_en": 0.012,
    "friendsqa_en": 0.006,
    "policyqa_en": 0.010,
    "qamr_en": 0.010,
    "facqa_id": 0.007,
    "arnli_ar": 0.020,
    "ans_stance_ar": 0.010,
    "farstail_fa": 0.025,
    "indonli_id": 0.025,
    "fever_symmetric_en": 0.005,
    "infotabs_en": 0.020,
    "condaqa_en": 0.020,
    "sharc_en": 0.007,
    "boolq_en": 0.020,
    "danetqa_ru": 0.003,
    "afriqa_yesno": 0.002,
}
"""Roughly proportional to the sets' sizes, with more Arabic script and more yes/no questions."""
TRUNK = Recipe(40_000, TRUNK_SHARES)
"""The longest stage: a constant rate, on all sets except the measured ones."""

ADDED_SHARES = {
    "xquad_ar": 0.06,
    "xquad en-ar": 0.05,
    "xquad x-ar": 0.03,
    "arcd_train": 0.05,
    "ardqa_dev": 0.06,
}


def with_added(shares: Shares, added: Shares) -> Shares:
    """Return shares, scaled down to make room for those of further sets."""
    scale = (1 - sum(added.values())) / sum(shares.values())
    return {**{name: share * scale for name, share in shares.items()}, **added}


LEFT_OUT = Recipe(600, TRUNK_SHARES, warm_up=0, decay=600, seed=29)
"""The trunk's sets, with a rate falling to 0: all figures are measured on this network."""
RELEASED = replace(LEFT_OUT, steps=400, decay=400, shares=with_added(TRUNK_SHARES, ADDED_SHARES))
"""The same, with the measured sets too: the package has the mean of both networks."""
