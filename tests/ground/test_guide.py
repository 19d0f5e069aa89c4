"""The guide's clauses as data."""

from entitlements.guide import ClauseKind, clauses, readings


def test_every_clause_and_reading_of_the_guide_is_there():
    assert (len(clauses()), len(readings())) == (136, 35)


def test_a_clause_carries_its_words_kind_and_readings():
    clause = clauses()["C-SLA-01"]

    assert clause.words == "Severity 1: respond in 30 minutes; call-in"
    assert clause.kinds == {ClauseKind.PROMISE, ClauseKind.NUMBER}
    assert clause.readings == ("A-04", "A-06", "A-07")


def test_every_cited_reading_exists():
    cited = {reading for clause in clauses().values() for reading in clause.readings}

    assert cited - readings().keys() == set()
