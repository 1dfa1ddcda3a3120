"""Preparation of grey pictures for OCR: even lighting, level lines, large enough letters."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.uint8]

_BACKGROUND = 40  # pixels: radius of the background average, larger than letters
_STEEPEST = 6.0  # degrees: greatest skew that is corrected
_SMALL = 1000  # pixels: a picture with a shorter longer side is enlarged
_THUMB = 700  # pixels: longer side of the thumbnail that the skew is measured on


def prepare_for_ocr(picture: Grey) -> Grey:
    """Return a picture enlarged if it is small, evenly lit, and with its lines level."""
    from scipy import ndimage

    if max(picture.shape) < _SMALL:
        picture = enlarged(picture, 2.0)
    picture = _even(picture, ndimage)
    angle = _angle(picture, ndimage)
    if abs(angle) < 0.3:
        return picture
    turned = ndimage.rotate(picture, angle, reshape=False, order=1, mode="constant", cval=255)
    return np.asarray(turned, dtype=np.uint8)


def enlarged(picture: Grey, factor: float) -> Grey:
    """Return a picture with each side ``factor`` times as long."""
    from scipy import ndimage

    return np.asarray(ndimage.zoom(picture, factor, order=1), dtype=np.uint8)


def to_pgm(picture: Grey) -> bytes:
    """Return a picture as a PGM file."""
    height, width = picture.shape
    return b"P5 %d %d 255\n" % (width, height) + picture.tobytes()


def _even(picture: Grey, ndimage: Any) -> Grey:
    """Divide a picture by its local background; one on white paper is left unchanged."""
    light = ndimage.uniform_filter(picture.astype(np.float32), 2 * _BACKGROUND + 1)
    if np.percentile(light, 10) > 200:
        return picture
    ratio = picture / np.maximum(light, 1.0)
    return np.asarray(np.clip((ratio - 0.5) / 0.5, 0, 1) * 255, dtype=np.uint8)


def _angle(picture: Grey, ndimage: Any) -> float:
    """Return the rotation in degrees that levels the lines of text, by their sharpest profile."""
    step = max(1, max(picture.shape) // _THUMB)
    ink = 255.0 - picture[::step, ::step].astype(np.float32)
    ink[ink < 100] = 0
    if not ink.any():
        return 0.0

    def sharpness(angle: float) -> float:
        turned = ndimage.rotate(ink, angle, reshape=False, order=1)
        return float(np.square(np.diff(turned.sum(axis=1))).sum())

    level = sharpness(0.0)
    coarse = max(np.arange(-_STEEPEST, _STEEPEST + 0.1, 1.0), key=sharpness)
    best = max(np.arange(coarse - 0.75, coarse + 0.8, 0.25), key=sharpness)
    return float(best) if sharpness(best) > 1.15 * level else 0.0
