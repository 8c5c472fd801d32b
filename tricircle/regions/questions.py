"""Requests to Tricircle's own extensions of another Neutron, whose answers are known to be theirs."""

from collections.abc import Sequence
from typing import Any

from oslo_utils import uuidutils

from tricircle.regions.errors import RegionUnavailableError
from tricircle.regions.neutron import Neutron

Json = dict[str, Any]

# Sent along and answered: what a cache, or a proxy that lost its way, answers to something else has another one.
NONCE = "nonce"


def ask(neutron: Neutron, method: str, path: str, name: str, body: Json, *, token: str | None = None) -> Json:
    """Send ``{name: body}``; answers what the server answers under the same name.

    :raises RegionUnavailableError: no answer, or one to another question. Errors of ``Neutron.request`` beside.
    """
    question = {**body, NONCE: uuidutils.generate_uuid()}
    answer = neutron.request(method, path, json={name: question}, token=token, repeatable=True)
    return _of(neutron, question, answer.get(name))


def ask_all(neutron: Neutron, path: str, name: str, bodies: Sequence[Json]) -> list[Json]:
    """Send several questions in one request; answers their answers in the same order. Errors as ``ask``."""
    questions = [{**body, NONCE: uuidutils.generate_uuid()} for body in bodies]
    answers = neutron.request("POST", path, json={name: questions}, repeatable=True).get(name)
    if not isinstance(answers, list) or len(answers) != len(questions):
        raise RegionUnavailableError(f"{neutron.name} has answered something else")
    return [_of(neutron, question, answer) for question, answer in zip(questions, answers, strict=True)]


def _of(neutron: Neutron, question: Json, answer: Any) -> Json:
    if not isinstance(answer, dict) or answer.get(NONCE) != question[NONCE]:
        raise RegionUnavailableError(f"{neutron.name} has answered another request than this one")
    return answer
