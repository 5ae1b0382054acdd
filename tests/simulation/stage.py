"""A few simulated gates whose messages arrive when a test says so, and not before."""

import random

from forgefed_gate.domain.ids import DAY, ActivityId, ActorId, Millis, Slug
from forgefed_gate.domain.intents import Arrival, LinkUp, PauseLink, Unlink
from forgefed_gate.domain.links import Link, Peer
from forgefed_gate.domain.roles import Role
from simulation.world import World

ANVIL = ActorId("https://anvil.example/projects/anvil")
BELLOWS = ActorId("https://bellows.example/projects/bellows")
COOP = ActorId("https://coop.example/teams/coop")
DYKE = ActorId("https://dyke.example/teams/dyke")
BOB = ActorId("https://village.example/users/bob")


class Stage:
    """Gates on one clock without skew, between which nothing travels by itself."""

    def __init__(self) -> None:
        self.world = World(chance=random.Random(0), loss=0.0, people=[BOB])
        for me in (ANVIL, BELLOWS, COOP, DYKE):
            self.world.settle(me, team="/teams/" in me).skew = 0

    @property
    def now(self) -> Millis:
        """Tell the time."""
        return Millis(self.world.now)

    def book(self, me: ActorId):
        """Find the book of a house."""
        return self.world.gates[me].book

    def link(self, me: ActorId, peer: ActorId, kind: Peer, *, days: int = 60, role=Role.WRITE):
        """Offer a link, or agree to one."""
        act = LinkUp(
            project=Slug(me),
            peer=peer,
            kind=kind,
            role=role,
            ends_at=Millis(self.now + days * DAY),
            cap=10,
            add=ActivityId(self.book(me).name("activity")),
        )
        return self.book(me).act(act, self.now)

    def unlink(self, me: ActorId, peer: ActorId) -> None:
        """End a link."""
        self.book(me).act(Unlink(link=self.between(me, peer).code), self.now)

    def pause(self, me: ActorId, peer: ActorId, *, paused: bool = True) -> None:
        """Let a link rest, or go on."""
        link = self.between(me, peer)
        self.book(me).act(PauseLink(link=link.code, paused=paused), self.now)

    def between(self, me: ActorId, peer: ActorId) -> Link:
        """Find the open link of a house with another one."""
        link = self.book(me).between(peer)
        assert link is not None, "they are linked"
        return link

    def state(self, me: ActorId, peer: ActorId):
        """Say how far the link of a house with another one is; None where there is none."""
        link = self.book(me).between(peer)
        return link.state if link else None

    def bring(self, sender: ActorId, to: ActorId, most: int = 99) -> list[Arrival]:
        """Let what one said to another arrive, in order; so much at most."""
        lane, brought = self.world.lanes[sender, to], []
        while lane and len(brought) < most:
            intent = lane.popleft().intent
            met = self.world.met(to, intent)
            assert met is not None, "everybody is in reach"
            self.world.take(sender, to, met)
            brought.append(intent)
        return brought

    def calm(self) -> None:
        """Let everything arrive."""
        while any(self.world.lanes.values()):
            for sender, to in [*self.world.lanes]:
                self.bring(sender, to)

    def pass_by(self, milliseconds: int) -> None:
        """Let time go by."""
        self.world.now += milliseconds

    def trust(self, project: ActorId, team: ActorId, **how) -> None:
        """Let a project trust a team, both sides agreeing."""
        self.link(project, team, Peer.TEAM, **how)
        self.calm()
        self.link(team, project, Peer.RESOURCE, **how)
        self.calm()

    def belong(self, team: ActorId, over: ActorId, **how) -> None:
        """Let a team belong to another one."""
        self.link(over, team, Peer.SUBTEAM, **how)
        self.calm()
        self.link(team, over, Peer.OVER, **how)
        self.calm()

    def admit(self, house: ActorId, *, days: int = 100) -> None:
        """Let bob be a member of a house."""
        self.book(house).admit(BOB, Role.WRITE, Millis(self.now + days * DAY), self.now)
        self.calm()

    def tick(self) -> None:
        """Let every gate do what the time asks for."""
        for gate in self.world.gates.values():
            gate.book.tick(self.now)
        self.calm()

    def may(self, resource: ActorId = ANVIL, needs: Role = Role.REPORT):
        """Judge whether bob may do something."""
        return self.world.attempt(BOB, resource, needs)
