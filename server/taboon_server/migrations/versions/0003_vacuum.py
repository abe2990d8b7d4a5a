"""On PostgreSQL, what was deleted makes room for what comes before it is a fifth of the table."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Let the table of blobs be vacuumed once a hundredth of it was deleted."""
    if op.get_context().dialect.name == "postgresql":
        factor = "autovacuum_vacuum_scale_factor = 0.01"
        op.execute(f"ALTER TABLE blob SET ({factor}, toast.{factor})")
