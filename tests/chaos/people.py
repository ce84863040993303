"""Who is written to, and what each must have received when all is over.

What a person does is the simulator's to do, and decides alone what arrives: nothing here depends on
when a fault hits. Who replies does so before the next message can be due, so there is no race to
excuse a message after a reply.
"""

import hashlib
from dataclasses import dataclass

ACCEPT_MS = 500
REPLY_MS = 300
MESSENGER = {
    "direct_message_1": "Hello {first_name}",
    "direct_message_2": {"after": "2s", "text": "Once more, {first_name}"},
}
CONNECTOR = {
    "connection_request": "Hi {first_name}",
    "follow_up_1": {"after": "2s", "text": "Thanks, {first_name}"},
    "follow_up_2": {"after": "2s", "text": "And this, {first_name}"},
}
# What the person does -> how many of the texts must arrive, and the status at the end.
MESSENGER_PEOPLE = {"silent": (2, "completed"), "replies": (1, "replied")}
CONNECTOR_PEOPLE = {
    "silent": (3, "completed"),
    "replies": (1, "replied"),
    "never": (1, "connection_request_sent"),
}


@dataclass(frozen=True)
class Person:
    campaign: str
    slug: str
    does: str
    writes: tuple  # that must arrive, in order: as write_of() tells them
    status: str  # at the end

    @property
    def provider_id(self):
        return "ACoAA" + hashlib.sha256(self.slug.encode()).hexdigest()[:34]

    def scenario(self):
        """How the simulator is told of the person."""
        never = self.does == "never"
        return {
            "slug": self.slug, "provider_id": self.provider_id,
            "degree": 1 if self.campaign.startswith("messenger") else 2,
            "accept_after_ms": None if never else ACCEPT_MS,
            "reply_after_ms": REPLY_MS if self.does == "replies" else None,
        }  # fmt: skip


def write_of(call):
    """What a line of the journal says that was written; it never has the text itself. A message
    may go by either of two routes, and each text of a person has a length of its own."""
    return ("invite" if call["route"] == "invite" else "message"), call["text_bytes"]


def _writes(texts, first_name):
    for message_type, text in texts.items():
        text = text if isinstance(text, str) else text["text"]
        route = "invite" if message_type == "connection_request" else "message"
        yield route, len(text.format(first_name=first_name))


def make(campaign, texts, behaviours, count):
    """So many, who do one thing after the other in turn; named as CampaignTest.campaign does it."""
    kinds = list(behaviours.items())
    people = []
    for i in range(count):
        does, (arrive, status) = kinds[i % len(kinds)]
        writes = tuple(_writes(texts, f"N{i}"))[:arrive]
        people.append(Person(campaign, f"{campaign}-{i}", does, writes, status))
    return people
