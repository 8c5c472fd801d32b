"""Helpers to run statements."""

from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete, Update


def execute_counted(session: Session, statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE; returns how many rows its condition met."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast(sa.CursorResult[tuple[()]], result).rowcount
