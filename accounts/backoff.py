"""How long to wait before something that failed is tried again. Standard library only."""

from datetime import timedelta


def pause(failures: int, first: timedelta, longest: timedelta) -> timedelta:
    """The wait after `failures` failures in a row (1 or more): `first`, then twice as long each time, up to `longest`.

    Holds for any number of failures. Raises ValueError for less than one.
    """
    if failures < 1:
        raise ValueError("nothing has failed yet")
    enough = (longest // first).bit_length()  # doublings that reach `longest`
    return min(first * 2 ** min(failures - 1, enough), longest)
