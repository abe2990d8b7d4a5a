"""The vault: the encrypted store on a device. Open it, read and write in transactions, close it."""

from taboon_client.vault.database import Connection, Cursor, Vault
from taboon_client.vault.folder import default_folder

__all__ = ["Connection", "Cursor", "Vault", "default_folder"]
