"""The other side of the interoperability test: PyJWT verifies our tokens, and makes some.

Reads one JSON document from standard input and writes one to standard output.
"""

import base64
import json
import sys
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def verify(case):
    """Verifies a token of ours with the key set of ours."""
    if "secret" in case:
        key, algorithm = base64.b64decode(case["secret"]), "HS256"
    else:
        header = jwt.get_unverified_header(case["token"])
        key = {k.key_id: k for k in jwt.PyJWKSet.from_dict(case["jwks"]).keys}[header["kid"]].key
        algorithm = header["alg"]
    return jwt.decode(
        case["token"], key, algorithms=[algorithm], audience="ticketing", issuer="ticketing"
    )


def ed25519_pair():
    key = ed25519.Ed25519PrivateKey.generate()
    x = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return key, "EdDSA", {"kty": "OKP", "crv": "Ed25519", "x": text(x)}


def p256_pair():
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    x, y = (text(n.to_bytes(32, "big")) for n in (numbers.x, numbers.y))
    return key, "ES256", {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def make(pair):
    """Makes a token and the key set that it is verified with."""
    key, algorithm, jwk = pair
    now = int(time.time())
    claims = {
        "iss": "ticketing", "aud": "ticketing", "sub": "user", "sid": "session", "jti": "id",
        "iat": now, "exp": now + 300, "epo": 3, "roles": ["admin"], "email": "ada@example.com",
    }
    headers = {"typ": "at+jwt", "kid": "python"}
    token = jwt.encode(claims, key, algorithm=algorithm, headers=headers)
    return {"token": token, "jwks": {"keys": [{**jwk, "kid": "python", "alg": algorithm, "use": "sig"}]}}


cases = json.load(sys.stdin)
json.dump(
    {
        "verified": [verify(case) for case in cases],
        "made": [make(ed25519_pair()), make(p256_pair())],
    },
    sys.stdout,
)
