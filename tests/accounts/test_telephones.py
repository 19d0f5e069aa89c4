"""Which telephone numbers somebody can dial."""

import pytest

from accounts.telephones import require_number
from tests.cast import refused


@pytest.mark.parametrize(
    "number", ["+44 1224 555 010", "(01224) 555-010", "01224/555.010", "112112", "+49 30 5550 ext. 12", "030 555012x7"]
)
def test_a_number_is_taken_as_people_write_it(number):
    require_number(number)


@pytest.mark.parametrize(
    "text", ["later", "12345", "+", "call me: 0301234567", "ext. 123456", "١٢٣٤٥٦", "0301234567; 1"]
)
def test_what_nobody_can_dial_is_refused(text):
    with refused("phone_invalid"):
        require_number(text)
