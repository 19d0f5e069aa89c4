"""How gunicorn serves the portal, on one machine and in containers; the command says where."""

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportportal.settings")

wsgi_app = "supportportal.wsgi"
worker_class = "gthread"
workers = 2
threads = 8
control_socket_disable = True
# Its own lines look like all others.
logconfig_dict = settings.LOGGING
