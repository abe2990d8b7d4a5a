"""group/group: a passive member joins and follows every official history."""

from taboon_crypto import mls
from taboon_crypto.mls.messages.envelope import open_as
from taboon_crypto.primitives.secret import Secret

from .vectors import Case, each, unhex


def follow(case: Case) -> int:
    """Join by the Welcome of a case and follow its commits; return how many."""
    known = {unhex(psk["psk_id"]): unhex(psk["psk"]) for psk in case["external_psks"]}

    def psks(psk_id: mls.PreSharedKeyID, authenticated_data: bytes) -> bytes | None:
        return known.get(psk_id.psk.psk_id) if isinstance(psk_id.psk, mls.ExternalPsk) else None

    secrets = mls.KeyPackageSecrets(
        Secret(unhex(case["init_priv"])), Secret(unhex(case["encryption_priv"])), Secret(unhex(case["signature_priv"]))
    )
    group = mls.Group.join(
        unhex(case["welcome"]),
        open_as(mls.KeyPackage, unhex(case["key_package"])),
        secrets,
        psks=psks,
        ratchet_tree=None if case["ratchet_tree"] is None else unhex(case["ratchet_tree"]),
    )
    assert group.epoch_authenticator == unhex(case["initial_epoch_authenticator"])
    for epoch in case["epochs"]:
        for proposal in epoch["proposals"]:
            assert isinstance(group.receive(unhex(proposal)), mls.ProposalMessage)
        staged = group.receive(unhex(epoch["commit"]), psks=psks)
        assert isinstance(staged, mls.StagedCommit)
        assert group.load_staged(staged.encode()).encode() == staged.encode()
        group.merge(group.load_staged(staged.encode()))
        assert group.epoch_authenticator == unhex(epoch["epoch_authenticator"])
        group = mls.Group.load(group.parts())
    return len(case["epochs"])


@each("passive-client-welcome")
def test_official_welcomes_are_joined_with_and_without_tree_and_psk(case: Case) -> None:
    assert follow(case) == 0


@each("passive-client-handling-commit")
def test_official_commits_are_followed(case: Case) -> None:
    assert follow(case) == len(case["epochs"]) > 0
