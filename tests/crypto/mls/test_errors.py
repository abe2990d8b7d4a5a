"""The errors are one tree, exported whole, and each names its rule or its place."""

import inspect

from taboon_crypto.mls import errors
from taboon_crypto.mls.errors import DecodeError, KeyUnavailableError, MlsError, SignatureError, ValidationError


def test_every_error_is_exported_and_grows_from_one_root() -> None:
    classes = {
        name: cls for name, cls in inspect.getmembers(errors, inspect.isclass) if cls.__module__ == errors.__name__
    }
    assert set(classes) == set(errors.__all__)
    assert all(issubclass(cls, MlsError) for cls in classes.values())


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = [word for line in errors.__doc__.splitlines() for word in line.split() if word in errors.__all__]
    assert sorted(drawn) == sorted(errors.__all__)


def test_a_broken_rule_is_named() -> None:
    error = SignatureError("leaf_node.signature", "it does not verify")
    assert isinstance(error, ValidationError)
    assert error.rule == "leaf_node.signature"
    assert str(error) == "it does not verify [leaf_node.signature]"


def test_a_decoding_error_tells_its_place_from_the_outside_in() -> None:
    error = DecodeError("too short").inside("field").inside("Struct")
    assert str(error) == "Struct.field: too short"
    assert str(DecodeError("too short")) == "too short"


def test_spent_far_and_foreign_epochs_can_be_caught_as_one() -> None:
    for name in ("KeySpentError", "KeyTooFarError", "EpochGoneError", "EpochUnknownError"):
        assert issubclass(getattr(errors, name), KeyUnavailableError)
