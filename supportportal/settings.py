"""Settings, read from the environment (see `.env.example`) and from no file.

Without any configuration this is a local machine: it answers loopback names only, keeps its secret and its embedded
engines under `var/`, and writes mail to `var/mail`. `PORTAL_ENV=production` demands a secret, hosts, a database,
Redis, its own address, a mail server, a sender and a telephone number, and turns HTTPS on.
"""

from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from supportportal import engines

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()

VAR_DIR = Path(env.str("PORTAL_VAR", default=str(BASE_DIR / "var")))
PORTAL_ENV = env.str("PORTAL_ENV", default="local")
if PORTAL_ENV not in {"local", "production"}:
    raise ImproperlyConfigured(f"PORTAL_ENV is {PORTAL_ENV!r}; it must be 'local' or 'production'.")
PRODUCTION = PORTAL_ENV == "production"
DEBUG = env.bool("DEBUG", default=False)

# Production guesses nothing.
DEMANDED_IN_PRODUCTION = (
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "PORTAL_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "EMAIL_URL",
    "DEFAULT_FROM_EMAIL",
    "SUPPORT_PHONE",
)
if PRODUCTION:
    if missing := [name for name in DEMANDED_IN_PRODUCTION if not env.str(name, default="")]:
        raise ImproperlyConfigured(f"PORTAL_ENV=production needs {', '.join(missing)} (see .env.example).")
    if DEBUG:
        raise ImproperlyConfigured("DEBUG must be off when PORTAL_ENV=production.")

SECRET_KEY = env.str("SECRET_KEY", default="") or engines.local_secret(VAR_DIR)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[]) or ["localhost", "127.0.0.1", "[::1]"]
PORTAL_URL = env.str("PORTAL_URL", default="http://127.0.0.1:8000").rstrip("/")
REDIS_URL = env.str("REDIS_URL", default="") or engines.redis_url(VAR_DIR)
DATABASES = {
    "default": env.db("DATABASE_URL") if env.str("DATABASE_URL", default="") else engines.postgres_settings(VAR_DIR)
}

# The servers that this machine runs for itself because none is named.
EMBEDDED_ENGINES = frozenset(
    name
    for name, variable in {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}.items()
    if not env.str(variable, default="")
)

DATABASES["default"].setdefault("CONN_MAX_AGE", env.int("CONN_MAX_AGE", default=60))
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)

INSTALLED_APPS = [
    "accounts",
    "entitlements",
    "cases",
    "sla",
    "notifications",
    "web",
    "supportportal",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "accounts.back_office.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "supportportal.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "supportportal.middleware.ResponseHeaders",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.middleware.ReaderZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "web.middleware.StaffSecondFactor",
]

ROOT_URLCONF = "supportportal.urls"
WSGI_APPLICATION = "supportportal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.portal",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Sign-in: by invitation, with a proven address. Limits of attempts are django-allauth's own, kept in the cache.
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_FORMS = {
    "login": "web.account.forms.SignInForm",
    "add_email": "web.account.forms.AddressForm",
    "change_password": "web.account.forms.ChangePasswordForm",
    "set_password": "web.account.forms.SetPasswordForm",
    "reset_password": "web.account.forms.ResetPasswordForm",
    "reset_password_from_key": "web.account.forms.NewPasswordForm",
    "reauthenticate": "web.account.forms.ConfirmPasswordForm",
}
MFA_ADAPTER = "accounts.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Support Portal"
MFA_TOTP_TOLERANCE = 1  # a code typed at the turn of a half minute, or on a telephone whose clock is off (RFC 6238)
MFA_FORMS = {
    "authenticate": "web.account.forms.CodeForm",
    "reauthenticate": "web.account.forms.ConfirmCodeForm",
    "activate_totp": "web.account.forms.ActivateAppForm",
    "add_webauthn": "web.account.forms.AddKeyForm",
    "edit_webauthn": "web.account.forms.EditKeyForm",
}
STAFF_MFA_REQUIRED = env.bool("STAFF_MFA_REQUIRED", default=PRODUCTION)

LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("PORTAL_STATIC", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("PORTAL_FILES", default=str(VAR_DIR / "files")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "supportportal.static_files.StaticStorage"},
}
ATTACHMENT_LIMIT_BYTES = env.int("ATTACHMENT_LIMIT_BYTES", default=2 * 1024**3)
# What the texts of one form may have together: far above what a field takes, so that a text that is too long comes
# back with a message beside it. Beyond, and for more files than a form takes, `supportportal.errors` answers.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FILES = 1_000
FILE_UPLOAD_HANDLERS = [
    "web.case.uploads.LimitHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# The cache holds throttles and hints; sessions carry a promise and live in PostgreSQL.
CACHES = {
    "default": {
        "BACKEND": "supportportal.caches.SteadyRedisCache",
        "LOCATION": engines.cache_url(REDIS_URL),
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A browser takes a cookie named `__Host-` only over HTTPS, for one host and the whole site.
COOKIE_PREFIX = "__Host-portal_" if PRODUCTION else "portal_"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
SESSION_COOKIE_SECURE = PRODUCTION
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = PRODUCTION
CSRF_TRUSTED_ORIGINS = [PORTAL_URL] if PRODUCTION else []
SECURE_SSL_REDIRECT = PRODUCTION and env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000) if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Only behind a proxy that sets these headers itself may they be believed.
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "notifications.folder.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Support <support@portal.example>")
SERVER_EMAIL = parseaddr(DEFAULT_FROM_EMAIL)[1]

CELERY_BROKER_URL = engines.broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False  # the next tick is a second away
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5}
CELERY_TIMEZONE = "UTC"
CELERY_ACCEPT_CONTENT = ["json"]

# Talking to a mail server takes the time it takes, and so do many cases at one change of shift; no clock may wait for
# that, so sweeps have workers of their own, and so has the relay of cases.
CELERY_TASK_ROUTES = {
    "sla.tasks.sweep": {"queue": "sweep"},
    "sla.tasks.change_hands": {"queue": "relay"},
    "sla.tasks.follow_the_sun": {"queue": "relay"},
    "accounts.tasks.send_letters": {"queue": "mail"},
    "notifications.tasks.deliver": {"queue": "mail"},
}

# Each tick only wakes what looks for work in PostgreSQL. A hint that nobody took soon is worth nothing.
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
CELERY_BEAT_SCHEDULER = "supportportal.beat.SteadyScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "fire the timers that fell due": {
        "task": "sla.tasks.sweep",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "hand cases over whose turn it is": {
        "task": "sla.tasks.change_hands",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "send the letters about accounts": {
        "task": "accounts.tasks.send_letters",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "deliver what waits in the outbox": {
        "task": "notifications.tasks.deliver",
        "schedule": timedelta(seconds=1),
        "options": {"expires": 5},
    },
    "delete expired sessions and old letters": {
        "task": "accounts.tasks.tidy_up",
        "schedule": crontab(hour="3", minute="20"),
        "options": {"expires": 3600},
    },
    "plan how cases follow the sun": {
        "task": "sla.tasks.follow_the_sun",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 50},
    },
    "look for gaps in the coverage of a year": {
        "task": "sla.tasks.watch_coverage",
        "schedule": crontab(hour="4", minute="10"),
        "options": {"expires": 3600},
    },
    "take away files that no case names": {
        "task": "cases.tasks.clean_attachments",
        "schedule": timedelta(hours=1),
        "options": {"expires": 600},
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "supportportal.logs.PlainLines"},
        "json": {"()": "supportportal.logs.JsonLines"},
    },
    "filters": {"not about probes": {"()": "supportportal.logs.NotAbout", "paths": ("/healthz", "/readyz")}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json" if PRODUCTION else "plain"},
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        # "Not Found: /..." is no concern of the operator's.
        "django.request": {"level": "ERROR", "filters": ["not about probes"]},
        # A development server names every address, secrets and all, unless its lines go the way of the others.
        "django.server": {"handlers": [], "propagate": True},
        # gunicorn keeps its lines to itself unless told otherwise.
        "gunicorn.error": {"propagate": True},
        # Ticks come every second; one line for each would bury the rest.
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}

# How the provider is named to customers, and where they reach it (C-DOC-07).
PROVIDER_NAME = env.str("PROVIDER_NAME", default="Support")
SUPPORT_PHONE = env.str("SUPPORT_PHONE", default="+00 800 555 0142")
# The right-hand side of Message-IDs.
MAIL_DOMAIN = parseaddr(DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
