"""The group session: what a device holds of a group and how bytes move it. Over the vault, without any network."""
