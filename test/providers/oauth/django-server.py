"""django-oauth-toolkit in one file, and what tests ask of it besides: settings, and clients with a user.

Usage: django-server.py PORT. Works in the current folder. Refuses nobody who reaches it: it listens on loopback.
"""

import json
import secrets
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from django.conf import settings

settings.configure(
    SECRET_KEY=secrets.token_hex(32),
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="__main__",
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3", "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"}}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    MIDDLEWARE=[],
    # A client's secret is hashed: the default takes a second each on a busy machine.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    OAUTH2_PROVIDER={
        "SCOPES": {"read": "Read", "introspection": "Introspect"},
        "ROTATE_REFRESH_TOKEN": True,
        "REFRESH_TOKEN_GRACE_PERIOD_SECONDS": 0,
        "REFRESH_TOKEN_REUSE_PROTECTION": False,
    },
)
django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse, JsonResponse  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import get_application_model  # noqa: E402
from oauth2_provider.settings import oauth2_settings  # noqa: E402


def change_settings(request):
    for name, value in json.loads(request.POST["json"]).items():
        setattr(oauth2_settings, name, value)
    return HttpResponse(status=204)


def make_client(request):
    username, password, secret = (secrets.token_hex(12) for _ in range(3))
    user = get_user_model().objects.create_user(username, password=password)
    application = get_application_model().objects.create(
        name=username,
        user=user,
        client_type="confidential",
        authorization_grant_type="password",
        client_secret=secret,
    )
    return JsonResponse(
        {"client_id": application.client_id, "client_secret": secret, "username": username, "password": password}
    )


urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("control/ready", lambda request: HttpResponse("ready")),
    path("control/settings", change_settings),
    path("control/client", make_client),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):
        # The path and the status; never the query, nor what was sent.
        sys.stderr.write(f"{self.command} {self.path.split('?')[0]} {args[1] if len(args) > 1 else ''}\n")


call_command("migrate", verbosity=0)
make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), Server, Quiet).serve_forever()
