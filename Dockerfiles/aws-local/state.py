"""Keeps what moto holds in memory: a file for each service, written whole after every change, read when the server starts.

A pickle rather than moto's own recording of requests: replayed requests give other times, versions and ARNs, and a thousand of
them take seconds. The contents of S3's objects lie in files of their own, so that a change costs what the rest is.
"""

import copyreg
import hashlib
import importlib
import io
import marshal
import os
import pickle
import sys
import tempfile
import threading
import types
import uuid
from collections import defaultdict

from cryptography.hazmat.primitives import serialization
from moto import backends
from moto.core.base_backend import BackendDict, BaseBackend
from moto.s3 import models as s3

FORMAT = b"aws-local 1"

# Locks have no content; the ones that are read are new.
copyreg.pickle(type(threading.Lock()), lambda _: (threading.Lock, ()))
copyreg.pickle(type(threading.RLock()), lambda _: (threading.RLock, ()))


class StoredValue:
    """The content of an S3 object in a file. moto thinks it is a temporary file."""

    folder = ""
    # Files that the state on the disk names, and those whose objects are gone since it was written.
    saved: set = set()
    closed: set = set()

    def __init__(self, max_size=0, name=None):
        if name:
            self.saved.add(name)
        self.name = name or uuid.uuid4().hex
        self.place = 0

    @property
    def path(self):
        return os.path.join(self.folder, self.name)

    def seek(self, place):
        self.place = place

    def truncate(self):
        with open(self.path, "ab") as file:
            file.truncate(self.place)

    def write(self, content):
        with open(self.path, "r+b") as file:
            file.seek(self.place)
            file.write(content)
            self.place = file.tell()

    def read(self, size=-1):
        try:
            with open(self.path, "rb") as file:
                file.seek(self.place)
                content = file.read(size)
                self.place = file.tell()
                return content
        except FileNotFoundError:
            return b""

    def close(self):
        # What the state on the disk names must last until there is a newer one.
        self.closed.add(self.name)
        if self.name not in self.saved:
            self.remove([self.name])

    def __reduce__(self):
        return StoredValue, (0, self.name)

    @classmethod
    def remove(cls, names):
        for name in list(names):
            cls.closed.discard(name)
            try:
                os.unlink(os.path.join(cls.folder, name))
            except FileNotFoundError:
                pass


def _key(kind):
    return kind.__new__(kind)


def _set_key(key, state):
    key.__dict__.update(state, lock=threading.Lock())


def _default_dictionary(kind, factory):
    dictionary = kind.__new__(kind)
    dictionary.default_factory = factory
    return dictionary


def _function(module, code):
    return types.FunctionType(marshal.loads(code), vars(importlib.import_module(module)))


def _private_key(text):
    return serialization.load_pem_private_key(text, None)


class _Pickler(pickle.Pickler):
    def __init__(self, file):
        super().__init__(file, protocol=5)
        self.values = set()

    def persistent_id(self, thing):
        # Things that know the backend they belong to.
        if isinstance(thing, BaseBackend):
            return type(thing).__module__, type(thing).__name__, thing.account_id, thing.region_name
        return None

    def reducer_override(self, thing):
        if isinstance(thing, StoredValue):
            self.values.add(thing.name)
        if hasattr(thing, "private_bytes"):
            # A key of the cryptography library, which has no pickle: KMS has them.
            form = serialization.PrivateFormat.PKCS8
            text = thing.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
            return _private_key, (text,)
        if isinstance(thing, s3.FakeKey):
            # Its own way would take the content along.
            state = {name: value for name, value in thing.__dict__.items() if name != "lock"}
            return _key, (type(thing),), state, None, None, _set_key
        if isinstance(thing, defaultdict) and type(thing) is not defaultdict:
            # Those of moto have another initializer than the one a pickle calls.
            factory = thing.default_factory
            return _default_dictionary, (type(thing), factory), thing.__dict__, None, iter(thing.items())
        if isinstance(thing, types.FunctionType) and "<locals>" in thing.__qualname__ and not thing.__closure__:
            # What makes the values of a dictionary that has none.
            return _function, (thing.__module__, marshal.dumps(thing.__code__))
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, identity):
        module, kind, account, region = identity
        for thing in vars(importlib.import_module(module)).values():
            if isinstance(thing, BackendDict) and thing.backend.__name__ == kind:
                return thing[account][region]
        raise Damaged(f"it speaks of {module}.{kind}, which is not there")


class Damaged(Exception):
    """A file of the state that cannot be used; the text says why."""


class State:
    def __init__(self, folder):
        self.folder = folder
        self.locks = {}
        self.lock = threading.Lock()
        StoredValue.folder = os.path.join(folder, "objects")
        os.makedirs(StoredValue.folder, exist_ok=True)
        s3.tempfile = types.SimpleNamespace(SpooledTemporaryFile=StoredValue)

    def load(self):
        """Reads what there is. Returns what a user should know: files that were damaged, and where they are now."""
        notes = []
        for name in sorted(os.listdir(self.folder)):
            service, dot, kind = name.rpartition(".")
            path = os.path.join(self.folder, name)
            if kind == "new":
                os.unlink(path)
            if kind != "state":
                continue
            try:
                self._read(service, path)
            except Exception as error:
                aside = f"{path}.damaged-{int(os.stat(path).st_mtime)}"
                os.rename(path, aside)
                why = error if isinstance(error, Damaged) else f"{type(error).__name__}: {error}"
                notes.append(f"the state of {service} was damaged ({why}); it starts empty, the file is now {aside}")
        if not any("damaged-" in name for name in os.listdir(self.folder)):
            StoredValue.remove(set(os.listdir(StoredValue.folder)) - StoredValue.saved)
        return notes

    def _read(self, service, path):
        with open(path, "rb") as file:
            head, _, content = file.read().partition(b"\n")
        form, _, digest = head.rpartition(b" ")
        if form != FORMAT:
            raise Damaged(f"it does not begin with `{FORMAT.decode()}`")
        if hashlib.sha256(content).hexdigest().encode() != digest:
            raise Damaged("its checksum is wrong")
        content = _Unpickler(io.BytesIO(content)).load()
        service_backends = backends.get_backend(service)
        for (account, region), fields in content.items():
            service_backends[account][region].__dict__.update(fields)

    def save(self, service):
        """Writes a service's state. A change made by another request meanwhile is written by that one's own call."""
        service_backends = backends.get_backend(service)
        if not isinstance(service_backends, BackendDict):
            return
        with self.lock:
            lock = self.locks.setdefault(service, threading.Lock())
        with lock:
            try:
                self._write(service, service_backends)
            except Exception as error:
                print(f"aws-local: the state of {service} cannot be kept: {type(error).__name__}: {error}", file=sys.stderr)

    def _write(self, service, service_backends):
        while True:
            try:
                content, values = self._pickled(service_backends)
                break
            except RuntimeError as error:
                # A dictionary grew under another request's hands.
                if "during iteration" not in str(error):
                    raise
        digest = hashlib.sha256(content).hexdigest().encode()
        path = os.path.join(self.folder, f"{service}.state")
        with open(f"{path}.new", "wb") as file:
            file.write(FORMAT + b" " + digest + b"\n" + content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(f"{path}.new", path)
        if service == "s3":
            StoredValue.saved = values
            StoredValue.remove(StoredValue.closed - values)

    def _pickled(self, service_backends):
        content = {
            (account, region): backend.__dict__
            for account, regions in list(service_backends.items())
            for region, backend in list(regions.items())
        }
        buffer = io.BytesIO()
        pickler = _Pickler(buffer)
        pickler.dump(content)
        return buffer.getvalue(), pickler.values
