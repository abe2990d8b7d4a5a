"""Mailboxes and their blobs, as version 0.1 made them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "mailbox",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("head_number", sa.BigInteger, nullable=False),
        sa.Column("head_hash", sa.LargeBinary, nullable=False),
        sa.Column("sealed", sa.Boolean, nullable=False),
        sa.Column("bytes_used", sa.BigInteger, nullable=False),
        sa.Column("retention", sa.Integer, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob",
        sa.Column("mailbox", sa.LargeBinary, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("mailbox", "hash"),
        sqlite_with_rowid=False,
    )
