"""Import this first in a measurement that needs the portal's models."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supportportal.settings")
django.setup()
