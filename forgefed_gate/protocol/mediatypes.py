"""How a document says that it is ActivityPub."""

import re
from functools import lru_cache

_AS2_PROFILE = '"https://www.w3.org/ns/activitystreams"'
_PARAMETER = re.compile(r';\s*([\w-]+)=("[^"]*"|[\w.+-]+)\s*')
_MEDIA_TYPE = re.compile(rf"(?P<type>[\w/+.-]+)\s*(?P<rest>(?:{_PARAMETER.pattern})*)")


@lru_cache(64)
def is_activitypub(content_type: str) -> bool:
    """
    Say whether a `Content-Type` is one of the two that ActivityPub documents have.

    Plain JSON and JSON-LD without the profile are not: anybody may have uploaded those.
    """
    media = _MEDIA_TYPE.fullmatch(content_type)
    if media is None:
        return False
    parameters = [(name.lower(), value) for name, value in _PARAMETER.findall(media["rest"])]
    match media["type"].lower():
        case "application/activity+json":
            return True
        case "application/ld+json":
            return [value for name, value in parameters if name == "profile"] == [_AS2_PROFILE]
        case _:
            return False
