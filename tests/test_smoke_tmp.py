import pytest
from cases.enums import Status
@pytest.mark.parametrize("status", list(Status))
def test_smoke(client, case_in, technical_contact, status, engineer):
    from django.utils import timezone
    case = case_in(status, at=timezone.now())
    client.force_login(technical_contact)
    r = client.get("/cases/"); assert r.status_code==200, r.content
    assert case.number in r.content.decode() 
    r = client.get(case.get_absolute_url()); assert r.status_code==200
    r = client.get("/cases/new/"); assert r.status_code==200
