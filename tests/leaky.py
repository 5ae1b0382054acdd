"""Servers that say in NodeInfo what they run."""

import json

SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/2.0"


class Speaking:
    """A server that says what it runs, to whoever asks, and does all the rest as *app* does."""

    def __init__(self, app, authority, name, version):
        self.app = app
        self.base = f"https://{authority}"
        self.software = {"name": name, "version": version}
        self.asked = 0

    @property
    def answers(self):
        link = {"rel": SCHEMA, "href": f"{self.base}/nodeinfo/2.0"}
        document = {"version": "2.0", "software": self.software, "metadata": {"nodeName": "Home"}}
        return {"/.well-known/nodeinfo": {"links": [link]}, "/nodeinfo/2.0": document}

    async def __call__(self, scope, receive, send):
        document = self.answers.get(scope["path"])
        if document is None:
            await self.app(scope, receive, send)
            return
        self.asked += 1
        body = json.dumps(document).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def runs(house, authority, name, version):
    """Let a server of the house's wire say what it runs."""
    speaking = Speaking(house.wire.apps[authority], authority, name, version)
    house.wire.apps[authority] = speaking
    return speaking
