import os
from datetime import timedelta
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from cases import operations as ops
from cases.enums import *
from cases.attachments import store
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts.models import User
from accounts.enums import *
from tests import cast as c
pytestmark = pytest.mark.browser
OUT="/tmp/cust/shots"; os.makedirs(OUT, exist_ok=True)

def world(technical_contact, aberdeen, tokyo, product, customer_service, engineer, third_party, own_sight_contact):
    now = timezone.now()
    H=timedelta(hours=1); M=timedelta(minutes=1); D=timedelta(days=1)
    base = dict(product=product, version="8.4", phone="+44 1224 555 010")
    def mk(at, sev, subj, desc, by=technical_contact, **k):
        return ops.open_case(aberdeen, by=by, at=at, severity=Severity(sev), subject=subj, description=desc, **{**base, **k})
    t=now-2*D
    a=mk(t,2,"Virtual machines pause for up to 40 seconds during live migration on pool B since update 8.4.2","Since last night’s update to 8.4.2 our guests stop answering for 30 to 40 seconds when they move between hosts of pool B. Only guests with more than 256 GiB of memory are hit.\n\n- `pb-03` is worst\n- the warehouse scanners lose their session each time", files=[store(SimpleUploadedFile("pool-b-status-report-2026-11-22T0830.tar.zst", b"x"*380000))])
    a=ops.verify_entitlement(a,by=customer_service,at=t+9*M)
    a=ops.accept(a,by=engineer,at=t+30*M)
    a=ops.reply(a,"Thank you. Which guests are hit, and does it happen with compression switched off?",by=engineer,at=t+46*M,waiting=True)
    a=ops.agree_severity(a,Severity.TWO,by=engineer,at=t+50*M) if False else ops.propose_severity(a,Severity.TWO,by=engineer,at=t+50*M,reason="Production runs, but badly.")
    a=ops.reply_as_customer(a,"Only the large ones. With compression switched off it is gone, but that costs us an hour a night.",by=technical_contact,at=t+90*M)
    a=ops.propose_severity(a,Severity.THREE,by=engineer,at=t+100*M,reason="A workaround is in place.")
    a=ops.agree_severity(a,Severity.THREE,by=technical_contact,at=t+120*M)
    a=ops.log_call(a,by=engineer,at=t+1*D,reached=True,summary="internal summary")
    a=ops.reply(a,"Good news: with `8.4.2-HF3` the dirty-page tracker no longer walks the whole memory of large guests. On your host pb-03 the longest pause fell from 41 s to 180 ms, over 20 hours and 64 migrations.\n\n| host | before | after |\n|---|---|---|\n| pb-03 | 41 s | 180 ms |",by=engineer,at=now-2*H)
    a=ops.propose_closure(a,by=engineer,at=now-100*M,problem="Pauses of large guests.",resolution="Hotfix **8.4.2-HF3** ran on host pb-03 for 20 hours without a pause. The other six hosts can follow at your pace.")
    b=mk(now-5*H,3,"Console stays black for guests with encrypted disks","The console stays black.",by=third_party)
    b=ops.verify_entitlement(b,by=customer_service,at=now-4.9*H); b=ops.accept(b,by=engineer,at=now-4.8*H)
    b=ops.reply(b,"Please send the console’s log.",by=engineer,at=now-4*H,waiting=True)
    d=mk(now-24*M,1,"Storage path to array 2 flaps, hosts pb-01 and pb-04 fence themselves","Everything stands.",by=own_sight_contact)
    e=mk(now-3*H,2,"Licence server counts sockets of retired hosts","It counts 12 instead of 8."); e=ops.verify_entitlement(e,by=customer_service,at=now-2.9*H)
    e=ops.accept(e,by=engineer,at=now-2.8*H); e=ops.propose_severity(e,Severity.THREE,by=engineer,at=now-2*H,reason="Nobody is stopped by it, and the licences stay valid.")
    f=mk(now-9*D,4,"Guest clock drifts after suspend","A question about clocks."); f=ops.verify_entitlement(f,by=customer_service,at=now-8.9*D); f=ops.accept(f,by=engineer,at=now-8.8*D)
    f=ops.propose_closure(f,by=engineer,at=now-8*D,problem="x",resolution="Set `rtc-sync=on`.",reason=ClosureReason.ANSWERED); f=ops.confirm_closure(f,by=technical_contact,at=now-7*D)
    g=mk(now-90*D,3,"Backup proxy runs out of sockets","..."); g=ops.withdraw(g,by=technical_contact,at=now-80*D,resolution="Solved by a restart.")
    return dict(a=a,b=b,d=d,e=e,f=f,g=g)

def test_shots(portal, browser, technical_contact, aberdeen, tokyo, product, customer_service, engineer, third_party, own_sight_contact):
    User.objects.filter(pk=technical_contact.pk).update(zone="Europe/Oslo")
    cs=world(technical_contact, aberdeen, tokyo, product, customer_service, engineer, third_party, own_sight_contact)
    only=os.environ.get("SHOTS","").split(",") if os.environ.get("SHOTS") else None
    def ctx(user, **k):
        cl=Client(); cl.force_login(user)
        x=browser.new_context(**k); x.add_cookies([{"name":settings.SESSION_COOKIE_NAME,"value":cl.cookies[settings.SESSION_COOKIE_NAME].value,"url":portal}]); return x
    pages={"home":"/cases/","home-closed":"/cases/?state=closed","home-none":"/cases/?q=zzz","case":cs["a"].get_absolute_url(),"case-waiting":cs["b"].get_absolute_url(),"case-new1":cs["d"].get_absolute_url(),"case-sev":cs["e"].get_absolute_url(),"case-closed":cs["f"].get_absolute_url(),"case-old":cs["g"].get_absolute_url(),
      "new":"/cases/new/","answer":cs["a"].get_absolute_url()+"closure/answer/?answer=no","severity":cs["e"].get_absolute_url()+"severity/","withdraw":cs["e"].get_absolute_url()+"withdrawal/","reopen":cs["f"].get_absolute_url()+"reopening/","messages":cs["a"].get_absolute_url()+"messages/"}
    for name, kw in {"light":dict(viewport={"width":1280,"height":900},color_scheme="light"),"dark":dict(viewport={"width":1280,"height":900},color_scheme="dark"),"phone":dict(viewport={"width":390,"height":800},color_scheme="light")}.items():
        x=ctx(technical_contact,**kw); pg=x.new_page()
        msgs=[]; pg.on("console",lambda m: msgs.append(m.text))
        for p,u in pages.items():
            if only and p not in only: continue
            pg.goto(portal+u); pg.screenshot(path=f"{OUT}/{p}-{name}.png",full_page=True)
            over=pg.evaluate("document.documentElement.scrollWidth-document.documentElement.clientWidth")
            if over>0: print("OVERFLOW",name,p,over)
        if not only or "why" in only:
            pg.goto(portal+pages["case"]); 
            pg.locator(".why-trigger").first.click(); pg.screenshot(path=f"{OUT}/why-{name}.png")
        if not only or "bad" in only:
            pg.goto(portal+"/cases/new/"); pg.fill("#id_subject","Storage path flaps"); pg.check("input[name=severity][value='1']"); pg.click("text=Send the case"); pg.screenshot(path=f"{OUT}/bad-{name}.png",full_page=True)
        print(name,set(msgs))
        x.close()
    x=ctx(third_party,viewport={"width":1280,"height":900}); pg=x.new_page()
    pg.goto(portal+"/cases/"); pg.screenshot(path=f"{OUT}/partner-home.png",full_page=True)
    pg.goto(portal+"/cases/new/"); pg.screenshot(path=f"{OUT}/partner-new.png",full_page=True)
    pg.select_option("#id_organization","ORG-2001"); pg.wait_for_timeout(800); pg.screenshot(path=f"{OUT}/partner-new2.png",full_page=True)
    pg.goto(portal+pages["case-waiting"]); pg.screenshot(path=f"{OUT}/partner-case.png",full_page=True)
