"""Makes moto's ECR one with the registry beside it: its images are those in the registry, however they got there."""

import hashlib
import http.client
import json
import time

import registry
from moto.ecr import models
from moto.ecr.models import ECRBackend, Image
from moto.ecr.responses import ECRResponse


def _images(repository):
    """The images of the registry, as moto has them. Those it knows already stay the same objects."""
    known = {image.get_image_digest(): image for image in repository.images}
    tags = {}
    for tag, digest in registry.tags(repository.uri).items():
        tags.setdefault(digest, []).append(tag)
    images = []
    for digest, pushed in sorted(registry.digests(repository.uri).items(), key=lambda item: item[1]):
        image = known.get(digest)
        if image is None:
            text = registry.manifest(digest)
            kind = json.loads(text).get("mediaType", registry.MANIFEST_TYPE)
            image = Image(repository.account_id, None, text, repository.name, kind, digest, repository.registry_id)
        image.image_tags = tags.get(digest, [])
        image.image_tag = image.image_tags[-1] if image.image_tags else None
        image.image_pushed_at = int(pushed)
        images.append(image)
    return images


def _reading(method):
    """Looks into the registry before moto answers."""

    def call(backend, repository_name, *arguments, **options):
        repository = backend.repositories.get(repository_name)
        if repository:
            repository.images = _images(repository)
        return method(backend, repository_name, *arguments, **options)

    return call


def _deleting(method):
    """Does in the registry what moto did."""

    def call(backend, repository_name, *arguments, **options):
        answer = method(backend, repository_name, *arguments, **options)
        repository = backend.repositories.get(repository_name)
        if repository:
            tags = {tag for image in repository.images for tag in image.image_tags}
            digests = {image.get_image_digest() for image in repository.images}
            for tag in registry.tags(repository.uri).keys() - tags:
                registry.remove_tag(repository.uri, tag)
            for digest in registry.digests(repository.uri).keys() - digests:
                registry.remove_manifest(repository.uri, digest)
        return answer

    return call


def _deleting_all(method):
    def call(backend, repository_name, *arguments, **options):
        repository = method(backend, repository_name, *arguments, **options)
        registry.remove_repository(repository.uri)
        return repository

    return call


def _put_image(backend, repository_name, image_manifest, image_tag, image_manifest_mediatype=None, digest=None):
    """Puts a manifest into the registry: what gives an image that is there another tag."""
    repository = backend._get_repository(repository_name)
    repository.images = _images(repository)
    digest = digest or "sha256:" + hashlib.sha256(image_manifest.encode()).hexdigest()
    if image_tag:
        backend._resolve_image_tag_mutability(repository, image_tag)
    for image in repository.images:
        if image.get_image_digest() == digest and (not image_tag or image_tag in image.image_tags):
            raise models.ImageAlreadyExistsException(repository.registry_id, image_tag, digest, repository_name)
    try:
        kind = image_manifest_mediatype or json.loads(image_manifest).get("mediaType", registry.MANIFEST_TYPE)
    except ValueError:
        raise models.InvalidParameterException("the image manifest is not JSON") from None
    connection = http.client.HTTPConnection(*registry.ADDRESS, timeout=60)
    try:
        path = f"/v2/{repository.uri}/manifests/{image_tag or digest}"
        connection.request("PUT", path, image_manifest.encode(), {"Content-Type": kind})
        answer = connection.getresponse()
        if answer.status != 201:
            raise models.InvalidParameterException(f"the registry refuses the manifest: {answer.read().decode()}")
    finally:
        connection.close()
    repository.images = _images(repository)
    return repository._get_image(None, digest)


def is_fixed(backend, repository_name, tag):
    """Whether a push of this tag would change one that the repository does not let change."""
    repository = backend._get_repository(repository_name)
    repository.images = _images(repository)
    try:
        backend._resolve_image_tag_mutability(repository, tag)
    except models.ImageAlreadyExistsException:
        return True
    return False


def _lasting(method):
    """A token that is good for twelve hours, where moto's has run out in 2015: some clients look."""

    def call(response):
        answer = method(response)
        for login in answer.result["authorizationData"]:
            login["expiresAt"] = time.time() + 12 * 3600
        return answer

    return call


def install():
    ECRResponse.get_authorization_token = _lasting(ECRResponse.get_authorization_token)
    Image.get_image_size_in_bytes = lambda image: registry.size(image.get_image_manifest())
    for name in ("list_images", "describe_images", "batch_get_image", "describe_image_scan_findings", "start_image_scan"):
        setattr(ECRBackend, name, _reading(getattr(ECRBackend, name)))
    ECRBackend.batch_delete_image = _reading(_deleting(ECRBackend.batch_delete_image))
    ECRBackend.put_image = _put_image
    ECRBackend.delete_repository = _reading(_deleting_all(ECRBackend.delete_repository))
