"""Case numbers survive being read aloud and typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import numbers

DRAWN = st.builds(lambda _: numbers.draw(), st.integers())
DIGITS = st.sampled_from("0123456789")


@given(DRAWN)
def test_a_number_is_found_however_it_is_written(number):
    digits = number.replace("-", "")

    assert [numbers.normalize(text) for text in (number, digits, f" {digits[:3]} {digits[3:]}\n")] == [number] * 3


@given(DRAWN, st.integers(0, 8), DIGITS)
def test_one_wrong_digit_is_noticed(number, place, wrong):
    digits = number.replace("-", "")
    typed = digits[:place] + wrong + digits[place + 1 :]

    assert numbers.normalize(typed) == (number if typed == digits else None)


@given(DRAWN, st.integers(0, 7))
def test_two_neighbors_in_the_wrong_order_are_noticed(number, place):
    digits = number.replace("-", "")
    typed = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]

    assert numbers.normalize(typed) == (number if typed == digits else None)


@pytest.mark.parametrize(
    "text", ["", "418-226-30", "418-226-3055", "418-226-30x", "١٢٣٤٥٦٧٨٩", "418_226_305", "-" * 5000]
)
def test_what_is_no_number_finds_nothing(text):
    assert numbers.normalize(text) is None


def test_numbers_tell_nothing_of_each_other():
    drawn = [numbers.draw() for _ in range(200)]

    assert len(set(drawn)) == 200
    assert drawn != sorted(drawn)
