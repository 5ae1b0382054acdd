"""What is said about a forge that a project is connected with, and to whoever looks there."""

from forgefed_gate.domain import observing

MEANING = (
    "Opened by somebody new to this project. Once you have read it, take this off as you like."
)
"""What the label says of itself, at the forge."""
NOT_A_FORGE = (
    "At that address there is no Forgejo or Gitea that we can read. Look whether it opens in a"
    " browser, and give its address as it begins there."
)
NOT_KNOWN = (
    "The forge does not know our token, or no longer. Make a new one there, put it where gate.toml"
    " says, and ask again."
)
MAY_NOT = (
    "The forge knows our token, but neither the token nor its account may do this. Look at the"
    " scopes of the one and the rights of the other, and ask again."
)
NOTHING_THERE = (
    "The forge shows our account nothing there: it is not there, or not for us. Look at its name,"
    " let our account into the repository, and ask again."
)
IN_TROUBLE = "The forge is in trouble just now. We ask again later."
REFUSED = (
    "The forge does not take what we asked. Nothing was changed; its own log may say why. Please"
    " look there, and ask again."
)


def no_token(url: str) -> str:
    """Say that gate.toml names no token for a forge."""
    return (
        f"gate.toml names no token for {url}, so there is nothing that we could ask it with. Add"
        " one under [forge], as shown beside this, and ask again."
    )


def token_away(url: str) -> str:
    """Say that the place which gate.toml names holds no token for a forge."""
    return (
        f"Where gate.toml keeps the token for {url} there is none that can be read. Put it there,"
        " alone and in one line, and ask again."
    )


def not_administered(account: str, name: str) -> str:
    """Say that our account at a forge has too few rights in a repository to add a webhook."""
    return (
        f"Our account there, {account}, may not administrate {name}, and so cannot add a webhook."
        " Let it do so in the settings of the repository, under collaborators, and ask again."
    )


def connected(name: str, url: str, software: str, account: str) -> str:
    """Say that a project is connected with a repository, and what follows."""
    return (
        f"Connected with {name} at {url} ({software}), as {account}. From now on, what somebody"
        f" opens there whom the project has not met gets the label “{observing.LABEL}”, once;"
        " nothing is closed, and nobody is answered."
    )


def already(name: str, slug: str) -> str:
    """Say that a repository is connected already."""
    return f"{name} is connected with {slug} already. To look whether all is well: forge check."


def none(slug: str) -> str:
    """Say that a project is connected with no repository."""
    return f"{slug} is connected with no repository. To begin: forge connect, which looks first."


def well(name: str, account: str) -> str:
    """Say that a connection is as it should be."""
    return f"{name}: {account} may do what it needs, and the webhook is there. Nothing to do."


def renamed(before: str, name: str) -> str:
    """Say that a repository has another name than before."""
    return f"{before} is called {name} now. We go on under that name; nothing to do."


def hook_gone(name: str) -> str:
    """Say that the webhook of a connection is not there any more."""
    return (
        f"{name}: the webhook is not there any more, so we hear nothing from it. To have a new"
        " one, ask for it with forge connect again."
    )


def hook_asleep(name: str) -> str:
    """Say that the webhook of a connection does not tell us what we need."""
    return (
        f"{name}: the webhook is there, but it is switched off, or does not tell of issues and"
        " pull requests. Switch both on in the settings of the repository, then look again."
    )
