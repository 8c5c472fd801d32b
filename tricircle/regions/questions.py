"""Requests to Tricircle's own extensions of another Neutron, whose answers are known to be theirs."""

from collections.abc import Sequence
from typing import Any

from oslo_utils import uuidutils

from tricircle.domain.jsons import Json
from tricircle.regions.errors import RegionError, RegionUnavailableError
from tricircle.regions.protocols import NeutronServer

# Sent along and answered: what a cache, or a proxy that lost its way, answers to something else has another one.
NONCE = "nonce"
# Neutron's name for what it does not serve at all, or not to the caller; and ours for the same.
_HIDDEN = "HTTPNotFound"
NOT_SERVED = "NotServed"


def ask(neutron: NeutronServer, method: str, path: str, name: str, body: Json, *, token: str | None = None) -> Json:
    """Send ``{name: body}``; answers what the server answers under the same name.

    :raises RegionUnavailableError: no answer, or one to another question. Errors of ``Neutron.request`` beside.
    """
    question = {**body, NONCE: uuidutils.generate_uuid()}
    answer = _request(neutron, method, path, {name: question}, token=token)
    return _of(neutron, question, answer.get(name))


def ask_all(neutron: NeutronServer, path: str, name: str, bodies: Sequence[Json]) -> list[Json]:
    """Send several questions in one request; answers their answers in the same order. Errors as ``ask``."""
    questions = [{**body, NONCE: uuidutils.generate_uuid()} for body in bodies]
    answers = _request(neutron, "POST", path, {name: questions}).get(name)
    if not isinstance(answers, list) or len(answers) != len(questions):
        raise RegionUnavailableError(f"{neutron.name} has answered something else")
    return [_of(neutron, question, answer) for question, answer in zip(questions, answers, strict=True)]


def _request(neutron: NeutronServer, method: str, path: str, body: Json, token: str | None = None) -> Json:
    try:
        return neutron.request(method, path, json=body, token=token, repeatable=True)
    except RegionError as error:
        if error.kind != _HIDDEN:
            raise
        reason = f"{neutron.name} does not serve {path} to this account: it needs Tricircle's plugin, and role service"
        raise RegionError(error.code, reason, NOT_SERVED) from error


def _of(neutron: NeutronServer, question: Json, answer: Any) -> Json:
    if not isinstance(answer, dict) or answer.get(NONCE) != question[NONCE]:
        raise RegionUnavailableError(f"{neutron.name} has answered another request than this one")
    return answer
