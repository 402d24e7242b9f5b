"""Runs moto's server, with the registry made its ECR, its state kept, and the registry's door beside it."""

import http.client
import json
import logging
import os
import threading
import time

import moto.core

# Before anything of moto reads it. The variable itself would keep requests from speaking of any other account.
ACCOUNT = os.environ.pop("MOTO_ACCOUNT_ID")
moto.core.DEFAULT_ACCOUNT_ID = moto.core.models.DEFAULT_ACCOUNT_ID = ACCOUNT

import ecr
import gate
import registry
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from state import State
from werkzeug.serving import WSGIRequestHandler, make_server

STATE = "/var/lib/aws-local/moto"
READY = "/run/aws-local/ready"
# What only reads, in the words most services use. Another that changes nothing is written once too often, no more.
READS = ("BatchCheck", "BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Search", "Test", "Validate")


class Services(DomainDispatcherApplication):
    """moto's services, each of which is written down after whatever may have changed it, before the answer goes out."""

    def __init__(self, state):
        super().__init__(create_backend_app)
        self.state = state

    def __call__(self, environ, start_response):
        changes = self.changes(environ)
        try:
            app = self.get_application(environ)
        except ModuleNotFoundError as error:
            return self.refuse(environ, start_response, error)
        answer = app(environ, start_response)
        if changes:
            self.state.save(app.service)
        return answer

    def refuse(self, environ, start_response, error):
        """Says that a service is not there, in the form that the client reads errors in."""
        message = f"buildspec's local AWS does not play this service ({error})"
        if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
            kind = "text/xml"
            content = f"<ErrorResponse><Error><Code>NotImplemented</Code><Message>{message}</Message></Error></ErrorResponse>"
        else:
            kind, content = "application/json", json.dumps({"__type": "NotImplemented", "message": message})
        start_response("400 Bad Request", [("Content-Type", kind), ("x-amzn-errortype", "NotImplemented")])
        return [content.encode()]

    def changes(self, environ):
        target = environ.get("HTTP_X_AMZ_TARGET")
        operation = target.rpartition(".")[2] if target else self.get_action_from_body(self._get_body(environ))
        if operation:
            return not operation.startswith(READS)
        return environ["REQUEST_METHOD"] not in ("GET", "HEAD", "OPTIONS")


def wait_for_registry():
    while True:
        connection = http.client.HTTPConnection(*registry.ADDRESS, timeout=5)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # Clients that announce a large body wait for a word, which HTTP/1.0 has not.
    WSGIRequestHandler.protocol_version = "HTTP/1.1"
    ecr.install()
    state = State(STATE)
    notes = state.load()
    services = make_server("0.0.0.0", 5000, Services(state), threaded=True)
    door = gate.make(5001)
    threading.Thread(target=door.serve_forever, daemon=True).start()
    wait_for_registry()
    for note in notes:
        print(f"aws-local: {note}", flush=True)
    with open(f"{READY}.new", "w") as file:
        file.writelines(f"note {note}\n".replace("\n", " ").rstrip() + "\n" for note in notes)
    os.rename(f"{READY}.new", READY)
    services.serve_forever()


main()
