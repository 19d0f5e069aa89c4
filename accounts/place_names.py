"""The names of countries and their parts in English, as the `holidays` package knows them."""

import re
from functools import cache

import holidays
from holidays.registry import COUNTRIES

OTHERWISE = {"CD": "DR Congo", "HK": "Hong Kong", "GW": "Guinea-Bissau"}
SMALL = re.compile(r"\b(And|Of|The|Da)\b")


@cache
def countries() -> dict[str, str]:
    """Every country whose holidays are known: its code (ISO 3166, two letters) to its name, in order of names."""
    supported = holidays.list_supported_countries()
    names = {codes[1]: _spelt(key) for key, codes in COUNTRIES.items() if codes[1] in supported} | OTHERWISE
    return dict(sorted(names.items(), key=lambda one: one[1]))


def _spelt(key: str) -> str:
    """ "isle_of_man" is "Isle of Man"."""
    return SMALL.sub(lambda word: word[0].lower(), key.replace("_", " ").title())


def country_name(country: str) -> str:
    """ "Poland (PL)"; the code alone for a country that is not known."""
    name = countries().get(country)
    return f"{name} ({country})" if name else country


def place_name(country: str, subdivision: str) -> str:
    """ "Australia, New South Wales (AU, NSW)"; what has no known name goes by its code."""
    if not subdivision:
        return country_name(country)
    part = _parts(country).get(subdivision, subdivision)
    return f"{countries().get(country, country)}, {part} ({country}, {subdivision})"


@cache
def _parts(country: str) -> dict[str, str]:
    """The first name of each part of a country."""
    if country not in countries():
        return {}
    aliases = getattr(getattr(holidays, country), "subdivisions_aliases", {})
    return {code: name for name, code in reversed(aliases.items())}
