import pytest

from perfnb.units import ValueType, format_percent, format_value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "ns", "0"),
        (1, "ns", "1 ns"),
        (0.25, "ns", "0.25 ns"),
        (999, "ns", "999 ns"),
        (1240, "ns", "1.24 µs"),
        (999_949, "ns", "1.00 ms"),
        (12_345_678, "ns", "12.3 ms"),
        (1_125_000_000, "ns", "1.13 s"),
        (99_400_000_000, "ns", "99.4 s"),
        (123_000_000_000, "ns", "2 min 03 s"),
        (7_384_000_000_000, "ns", "2 h 03 min"),
        (-1240, "ns", "−1.24 µs"),
        (512, "bytes", "512 B"),
        (3_250_586, "bytes", "3.10 MiB"),
        (2**41, "bytes", "2.00 TiB"),
        (1_234_567, "count", "1,234,567"),
        (2.5, "count", "3"),
        (-3, "count", "−3"),
    ],
)
def test_values_have_three_digits_and_a_fitting_unit(value, unit, text):
    assert format_value(value, unit) == ValueType("some", unit).format(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0, "0 %"),
        (0.00009, "< 0.01 %"),
        (0.0005, "0.05 %"),
        (0.0345, "3.5 %"),
        (0.12, "12.0 %"),
        (0.9994, "99.9 %"),
        (0.9996, "100 %"),
        (1, "100 %"),
    ],
)
def test_shares_read_as_percent(fraction, text):
    assert format_percent(fraction) == text
