"""An address is taken only where using it is safe, and says otherwise what to do."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taboon_client.errors import RelayAddressError
from taboon_client.relay.address import RelayAddress

ID = bytes(range(32))
TEXT = base64.urlsafe_b64encode(ID).rstrip(b"=").decode()
# The onion name of the Tor project's site: a checksum made by somebody else.
ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        (f"https://relay.example:8425/#{TEXT}", "https://relay.example:8425"),
        (f"https://relay.example:8425#{TEXT}", "https://relay.example:8425"),
        (f"https://Relay.EXAMPLE/#{TEXT}", "https://relay.example:443"),
        (f"HTTPS://10.0.0.7:1/#{TEXT}", "https://10.0.0.7:1"),
        (f"https://[2001:DB8:0::1]:8425/#{TEXT}", "https://[2001:db8::1]:8425"),
        (f"https://localhost:8425/#{TEXT}", "https://localhost:8425"),
        (f"https://127.0.0.1:8425/#{TEXT}", "https://127.0.0.1:8425"),
        (f"http://127.0.0.1:8425/#{TEXT}", "http://127.0.0.1:8425"),
        (f"http://[::1]:8425/#{TEXT}", "http://[::1]:8425"),
        (f"http://[0:0::1]:8425/#{TEXT}", "http://[::1]:8425"),
        (f"http://{ONION}/#{TEXT}", f"http://{ONION}:80"),
        (f"https://xn--mgbh0fb.example:65535/#{TEXT}", "https://xn--mgbh0fb.example:65535"),
    ],
)
def test_an_address_is_read_into_its_one_spelling(text: str, base_url: str) -> None:
    address = RelayAddress.parse(text)
    assert (address.base_url, address.relay_id) == (base_url, ID)
    assert RelayAddress.parse(address.format()) == address
    assert RelayAddress(address.base_url, ID) == address
    assert str(address) == f"{base_url}/#{TEXT}"


@pytest.mark.parametrize(
    "text", ["http://127.0.0.1:8425", "http://127.0.0.1:8425/", "http://[::1]:8425", f"http://{ONION}"]
)
def test_loopback_and_onion_need_no_id(text: str) -> None:
    address = RelayAddress.parse(text)
    assert address.relay_id is None
    assert address.is_loopback != address.is_onion
    assert RelayAddress.parse(address.format()) == address
    assert address.with_id(ID).relay_id == ID


@pytest.mark.parametrize(
    "text",
    [
        "https://relay.example:8425",
        "https://relay.example:8425/",
        "https://127.0.0.1:8425",
        "https://localhost:8425",
        f"https://{ONION}",
        f"http://relay.example:8425/#{TEXT}",
        f"http://10.0.0.7:8425/#{TEXT}",
        f"http://192.168.1.2:8425/#{TEXT}",
        f"http://127.0.0.2:8425/#{TEXT}",
        f"http://127.1:8425/#{TEXT}",
        f"http://0x7f000001:8425/#{TEXT}",
        f"http://2130706433:8425/#{TEXT}",
        f"http://0.0.0.0:8425/#{TEXT}",
        f"http://[::]:8425/#{TEXT}",
        f"http://[::ffff:127.0.0.1]:8425/#{TEXT}",
        f"http://localhost:8425/#{TEXT}",
        f"http://127.0.0.1.example:8425/#{TEXT}",
        f"http://{ONION[:5]}b{ONION[6:]}/#{TEXT}",
        f"http://sub.{ONION}/#{TEXT}",
        f"http://short.onion/#{TEXT}",
        f"ftp://relay.example/#{TEXT}",
        f"//relay.example/#{TEXT}",
        f"relay.example:8425/#{TEXT}",
        f"https:/relay.example/#{TEXT}",
        f"https://user@relay.example/#{TEXT}",
        f"https://user:word@relay.example/#{TEXT}",
        f"https://relay.example/path#{TEXT}",
        f"https://relay.example/?q#{TEXT}",
        f"https://relay.example\\@127.0.0.1/#{TEXT}",
        f"https://relay.example:0/#{TEXT}",
        f"https://relay.example:080/#{TEXT}",
        f"https://relay.example:65536/#{TEXT}",
        f"https://relay.example:١/#{TEXT}",
        f"https://relay.example:/#{TEXT}",
        f"https://relay..example/#{TEXT}",
        f"https://relay.example./#{TEXT}",
        f"https://-relay.example/#{TEXT}",
        f"https://{'a' * 64}.example/#{TEXT}",
        f"https://مثال.example/#{TEXT}",
        f"https://1.2.3.256/#{TEXT}",
        f"https://1.2.3/#{TEXT}",
        f"https://[fe80::1%eth0]/#{TEXT}",
        f"https://[::g]/#{TEXT}",
        f"https://::1/#{TEXT}",
        f"https:///#{TEXT}",
        f" https://relay.example/#{TEXT}",
        f"https://relay.example/#{TEXT}\n",
        f"https://relay.\texample/#{TEXT}",
        f"https://relay.example/#{TEXT[:-1]}",
        f"https://relay.example/#{TEXT}A",
        f"https://relay.example/#{TEXT}=",
        f"https://relay.example/#{TEXT[:-1]}9",  # the same id spelt with unused bits set
        f"https://relay.example/#{TEXT[:-2]}+8",
        f"https://relay.example/#{TEXT}#{TEXT}",
        "https://relay.example/#",
        "http://127.0.0.1:8425/#",
        "",
        f"https://{'a.' * 130}example/#{TEXT}",
        "https://" + "a." * 250 + f"example/#{TEXT}",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(RelayAddressError):
        RelayAddress.parse(text)


def test_the_errors_say_what_to_do() -> None:
    with pytest.raises(RelayAddressError, match="whole address that the relay printed"):
        RelayAddress.parse("https://relay.example:8425/")
    with pytest.raises(RelayAddressError, match="Use the https address"):
        RelayAddress.parse(f"http://relay.example:8425/#{TEXT}")
    with pytest.raises(RelayAddressError, match=r"http://127\.0\.0\.1:port"):
        RelayAddress.parse("http://localhost:8425")


def test_an_id_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(RelayAddressError):
        RelayAddress("https://relay.example:8425", ID[:31])


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text: str) -> None:
    for candidate in (text, f"https://{text}/#{TEXT}", f"http://{text}", f"https://relay.example/#{text}"):
        try:
            address = RelayAddress.parse(candidate)
        except RelayAddressError:
            continue
        assert RelayAddress.parse(address.format()) == address
        assert address.scheme == "https" or address.is_loopback or address.is_onion
