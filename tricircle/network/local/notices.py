"""Neutron's events of objects that are written past its plugins.

A copy has ids, addresses and rules of central's, which some of Neutron's calls do not take. What is then written
straight into the tables is told of just as Neutron tells of it: the same events in the same order, with the same
payloads. A driver that listens to them sees what it would see, had a tenant made the object.
"""

from collections.abc import Callable
from typing import Any

from neutron_lib.callbacks import events, exceptions, registry


def tell(trigger: Any, resource: str, event: str, context: Any, resource_id: str | None = None, **payload: Any) -> None:
    """Publish an event of ``trigger``, the plugin that would have; ``payload``: fields of ``DBEventPayload``.

    :raises CallbackFailure: who was asked before the change, or within its transaction, refuses it.
    """
    registry.publish(
        resource, event, trigger, payload=events.DBEventPayload(context, resource_id=resource_id, **payload)
    )


def ask(
    trigger: Any,
    resource: str,
    event: str,
    context: Any,
    resource_id: str | None = None,
    *,
    refusal: Callable[..., Exception] | None = None,
    **payload: Any,
) -> None:
    """``tell`` before a change, or within its transaction.

    :raises Exception: it is refused: by ``refusal`` (called with ``reason``), or else by the first error of those who
        refuse.
    """
    try:
        tell(trigger, resource, event, context, resource_id, **payload)
    except exceptions.CallbackFailure as failure:
        if refusal is None:
            raise failure.errors[0].error from failure
        raise refusal(reason=str(failure)) from failure
