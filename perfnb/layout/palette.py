"""The colours of frames: the browser's ``core/families.ts``, light theme, for static pictures."""

from __future__ import annotations

import math
from functools import lru_cache

# hue, spread, chroma, lift, shades
_WARM = {
    "python": (72, 20, 1.0, 0.01, 16),
    "native": (240, 17, 0.8, -0.02, 8),
    "kernel": (12, 8, 1.05, -0.045, 6),
    "gpu": (158, 14, 0.95, 0.02, 6),
    "wait": (275, 10, 0.36, 0.02, 4),
    "synthetic": (250, 0, 0.08, 0.04, 2),
}
# Of time in which nothing ran.
_COOL = {
    "python": (206, 26, 0.95, -0.005, 16),
    "native": (256, 10, 1.0, -0.055, 8),
    "kernel": (345, 8, 0.8, -0.04, 6),
    "gpu": (140, 8, 1.0, 0.035, 6),
    "wait": (291, 12, 1.1, -0.17, 6),
    "synthetic": (250, 0, 0.08, 0.05, 2),
}
_LIGHTNESS, _CHROMA, _SWING = 0.845, 0.098, 0.05
_MASK = 0xFFFFFFFF


def hash_name(name: str) -> int:
    """FNV-1a over UTF-16 code units with a final mix: one name, one colour, in every profile."""
    value = 0x811C9DC5
    units = name.encode("utf-16-le", "surrogatepass")
    for low, high in zip(units[::2], units[1::2], strict=True):
        value = ((value ^ (low | high << 8)) * 0x01000193) & _MASK
    value = ((value ^ (value >> 15)) * 0x85EBCA6B) & _MASK
    return (value ^ (value >> 13)) & _MASK


@lru_cache(maxsize=65536)
def color(name: str, kind: str, measured: str = "") -> str:
    """Return the fill of a function's box as ``rgb(r,g,b)``.

    Parameters
    ----------
    name, kind : str
        The function's.
    measured : str
        The kind of the profile's values: time off the CPU is drawn in cool colours.
    """
    families = _COOL if measured == "off-CPU" else _WARM
    hue, spread, chroma, lift, shades = families.get(kind, families["synthetic"])
    index = hash_name(name) % shades
    turn = index / (shades - 1) - 0.5 if shades > 1 else 0.0
    swing = (index * 0.618034) % 1 - 0.5
    lightness = _LIGHTNESS + lift + swing * _SWING
    return css(lightness, *polar(_CHROMA * chroma, hue + turn * 2 * spread))


def polar(chroma: float, hue: float) -> tuple[float, float]:
    """Return OKLab's a and b of a colour of OKLCH."""
    return chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))


def css(lightness: float, a: float, b: float) -> str:
    """Return a colour of OKLab as ``rgb(r,g,b)``.

    Björn Ottosson, "A perceptual color space for image processing".
    """
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
    red, green, blue = (
        _byte(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _byte(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _byte(-0.0041960863 * long - 0.7034186147 * medium + 1.707614701 * short),
    )
    return f"rgb({red},{green},{blue})"


def _byte(linear: float) -> int:
    clipped = min(1.0, max(0.0, linear))
    encoded = 12.92 * clipped if clipped <= 0.0031308 else 1.055 * clipped ** (1 / 2.4) - 0.055
    return math.floor(encoded * 255 + 0.5)
