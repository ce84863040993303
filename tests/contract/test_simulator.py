"""sam-simulator answers as Unipile's v1 API does: each route, each refusal, in the right order."""

import json
import tempfile
import unittest

from simulator_test import SimulatorTest, world
from unipile_api import multipart

STRANGER = "ACoAAB1234567890abcdefABCDEF_-0987654321"
DAY_MS = 24 * 60 * 60 * 1000


class Transport(SimulatorTest):
    def test_key(self):
        api = self.start(None, "--api-key", "right")
        body = {"status": 401, "type": "errors/missing_credentials", "title": "Missing credentials"}
        for key in (None, "wrong"):
            api.key = key
            self.assertEqual(api.get("/accounts"), (401, body))
            self.assertEqual(api.post("/users/invite", "no json"), (401, body))
        api.key = "right"
        self.assertEqual(api.get("/accounts")[0], 200)

    def test_key_from_a_file(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("from-a-file\n")
            file.flush()
            api = self.start(None, "--api-key-file", file.name)
        self.assertEqual(api.get("/accounts")[0], 401)
        api.key = "from-a-file"
        self.assertEqual(api.get("/accounts")[0], 200)

    def test_routes_that_people_invent(self):
        api = self.start()
        invented = [("POST", "/users/invitation"), ("POST", "/messages/send")]
        invented += [("GET", "/users/invitations/x"), ("POST", "/users/cancel-invite")]
        for method, path in invented:
            self.assert_error(api.call(method, path), 404, "resource_not_found")

    def test_the_profile_of_the_member_called_profile(self):
        api = self.start(world("ada"))
        status, body = api.get("/users/profile", account_id="acc", identifier="ada")
        self.assertEqual(status, 200)
        self.assertEqual(body["public_identifier"], "profile")
        self.assertEqual(body["invitation"], {"type": "SENT", "status": "WITHDRAWN"})


class Invite(SimulatorTest):
    def test_sent_pending_accepted(self):
        api = self.start(world("ada"))
        ada = api.id_of("acc", "ada")
        status, body = api.invite("acc", ada, "Hello Ada")
        self.assertEqual((status, body["object"]), (200, "UserInvitationSent"))
        self.assertRegex(body["invitation_id"], r"^\d{19}$")
        sent = api.items("/users/invite/sent", account_id="acc")
        self.assertEqual([i["id"] for i in sent], [body["invitation_id"]])
        self.assertEqual(sent[0]["invited_user_id"], ada)
        self.assertEqual(sent[0]["invitation_text"], "Hello Ada")
        profile = api.profile("acc", "ada")[1]
        self.assertEqual(profile["invitation"], {"type": "SENT", "status": "PENDING"})
        self.assertEqual(profile["network_distance"], "SECOND_DEGREE")
        self.assertEqual(api.items("/users/relations", account_id="acc"), [])
        self.simulator.accept("acc", "ada")
        self.assertEqual(api.items("/users/invite/sent", account_id="acc"), [])
        relations = api.items("/users/relations", account_id="acc")
        self.assertEqual([r["member_id"] for r in relations], [ada])
        self.assertEqual(relations[0]["member_urn"], "urn:li:fsd_profile:" + ada)
        self.assertIsInstance(relations[0]["created_at"], int)
        profile = api.profile("acc", "ada")[1]
        self.assertNotIn("invitation", profile)
        self.assertEqual(profile["network_distance"], "FIRST_DEGREE")
        self.assertTrue(profile["is_relationship"])

    def test_a_note_begins_the_chat_on_acceptance(self):
        api = self.start(world("ada", "bob"))
        for slug, note in (("ada", "Hello Ada"), ("bob", None)):
            api.invite("acc", api.id_of("acc", slug), note)
            self.simulator.accept("acc", slug)
        messages = api.items("/messages", account_id="acc")
        self.assertEqual([m["text"] for m in messages], ["Hello Ada"])
        self.assertEqual((messages[0]["is_sender"], messages[0]["message_type"]), (1, "INVITATION"))

    def test_twice(self):
        api = self.start(world("ada"))
        ada = api.id_of("acc", "ada")
        self.assertEqual(api.invite("acc", ada)[0], 200)
        self.assert_error(api.invite("acc", ada), 422, "already_invited_recently")
        self.simulator.accept("acc", "ada")
        self.assert_error(api.invite("acc", ada), 422, "already_connected")

    def test_withdrawn_for_three_weeks(self):
        api = self.start(world("ada"))
        ada = api.id_of("acc", "ada")
        number = api.invite("acc", ada)[1]["invitation_id"]
        path = f"/users/invite/sent/{number}?account_id=acc"
        self.assertEqual(api.call("DELETE", path), (200, {"object": "InvitationCanceled"}))
        self.assert_error(api.call("DELETE", path), 400, "invalid_parameters")
        self.assertEqual(api.profile("acc", "ada")[1]["invitation"]["status"], "WITHDRAWN")
        self.assert_error(api.invite("acc", ada), 422, "already_invited_recently")
        self.simulator.ask("POST", "/clock", {"advance_ms": 22 * DAY_MS})
        self.assertEqual(api.invite("acc", ada)[0], 200)
        self.assertEqual(self.simulator.audit()["duplicates"], 1)

    def test_length_of_the_note(self):
        scenario = world("ada", "bob")
        scenario["accounts"].append({"id": "paid", "premium": True})
        api = self.start(scenario)
        ada = api.id_of("acc", "ada")
        bob = api.id_of("acc", "bob")
        self.assert_error(api.invite("acc", ada, "é" * 201), 400, "too_many_characters")
        self.assertEqual(api.invite("acc", ada, "é" * 200)[0], 200)
        self.assert_error(api.invite("paid", bob, "x" * 301), 400, "invalid_parameters")
        self.assertEqual(api.invite("paid", bob, "x" * 300)[0], 200)

    def test_refused_people(self):
        people = [
            {"slug": "locked", "locked": True},
            {"slug": "first", "degree": 1},
            {"slug": "pending", "pending": True},
            {"slug": "withdrawn", "withdrawn": True},
            {"slug": "refuses", "refuse_invitation": "cannot_invite_attendee"},
        ]
        api = self.start(world(*people))
        self.assert_error(api.profile("acc", "locked"), 422, "invalid_recipient")
        self.assert_error(api.invite("acc", STRANGER), 422, "invalid_recipient")
        expected = {
            "first": "already_connected",
            "pending": "already_invited_recently",
            "withdrawn": "already_invited_recently",
            "refuses": "cannot_invite_attendee",
        }
        for slug, kind in expected.items():
            self.assert_error(api.invite("acc", api.id_of("acc", slug)), 422, kind)

    def test_ids_of_the_wrong_form(self):
        api = self.start(world("ada"))
        detail = "User ID does not match provider's expected format."
        for wrong in ("ada", "ACwAAB1234567890abcdef", "AEMAAB1234567890abc", "ACoAAB 234567890a"):
            answered = api.invite("acc", wrong)
            self.assert_error(answered, 400, "invalid_parameters", detail)

    def test_bodies_of_the_wrong_form(self):
        api = self.start()
        good = {"account_id": "acc", "provider_id": STRANGER}
        wrong = ["", "{", "[]", "null", {}, {"account_id": "acc"}, {"provider_id": STRANGER}]
        wrong += [{**good, "account_id": 1}, {**good, "message": None}, {**good, "account_id": ""}]
        wrong += [json.dumps(good) + "x", b'{"account_id":"acc","provider_id":"\xff"}']
        wrong += [{**good, "message": "a\0b"}]
        for body in wrong:
            with self.subTest(body=body):
                self.assert_error(api.post("/users/invite", body), 400, "invalid_parameters")
        as_form = api.form("/users/invite", ("account_id", "acc"), ("provider_id", STRANGER))
        self.assert_error(as_form, 400, "invalid_parameters")

    def test_quotas_and_usage(self):
        people = [f"p{i}" for i in range(6)]
        api = self.start(world(*people, invites_per_week=4, notes_per_month=1, pending_max=5))
        ids = [api.id_of("acc", slug) for slug in people]
        self.assertNotIn("usage", api.invite("acc", ids[0], "note")[1])
        self.assert_error(api.invite("acc", ids[1], "note"), 422, "cannot_resend_yet")
        usages = [api.invite("acc", one)[1].get("usage") for one in ids[1:4]]
        self.assertEqual(usages, [50, 75, 95])
        self.assert_error(
            api.invite("acc", ids[4]), 422, "cannot_resend_yet",
            "You have reached a temporary provider limit. Please try again later.",
        )  # fmt: skip
        self.simulator.ask("POST", "/clock", {"advance_ms": 8 * DAY_MS})
        self.assertEqual(api.invite("acc", ids[4])[0], 200)
        self.assert_error(api.invite("acc", ids[5]), 422, "connection_limit_reached")


class Accounts(SimulatorTest):
    def test_every_status(self):
        states = {
            "CREDENTIALS": (401, "disconnected_account"),
            "CHECKPOINT": (401, "checkpoint_error"),
            "RESTRICTED": (403, "account_restricted"),
        }
        api = self.start(world("ada"))
        ada = api.id_of("acc", "ada")
        for state, (status, kind) in states.items():
            self.simulator.ask("POST", "/account", {"account": "acc", "status": state})
            self.assert_error(api.invite("acc", ada), status, kind)
            self.assert_error(api.start_chat("acc", ada, "x"), status, kind)
            self.assert_error(api.profile("acc", "ada"), status, kind)
            # the account is looked at before the person, the form before the account
            self.assert_error(api.invite("acc", "ada"), status, kind)
            self.assert_error(api.post("/users/invite", {}), 400, "invalid_parameters")
            shown = api.get("/accounts/acc")[1]["sources"][0]["status"]
            self.assertNotEqual(shown, "OK")
        self.simulator.ask("POST", "/account", {"account": "acc", "status": "OK"})
        self.assertEqual(api.get("/accounts/acc")[1]["sources"][0]["status"], "OK")
        self.assertEqual(api.invite("acc", ada)[0], 200)

    def test_unknown_account(self):
        api = self.start(world("ada"))
        detail = "The requested resource were not found.\nAccount not found"
        for answered in (
            api.invite("nobody", STRANGER),
            api.start_chat("nobody", STRANGER, "x"),
            api.profile("nobody", "ada"),
            api.get("/users/relations", account_id="nobody"),
            api.get("/accounts/nobody"),
        ):
            self.assert_error(answered, 404, "resource_not_found", detail)

    def test_account_is_required(self):
        api = self.start()
        for path in ("/users/ada", "/users/relations", "/messages", "/users/invite/sent"):
            self.assert_error(api.get(path), 400, "invalid_parameters")

    def test_list_and_owner(self):
        api = self.start({"accounts": [{"id": "a", "premium": True}, {"id": "b"}, {"id": "c"}]})
        self.assertEqual([len(p) for p in api.pages("/accounts", limit=2)], [2, 1])
        found = {a["id"]: a for a in api.items("/accounts")}
        self.assertEqual(sorted(found), ["a", "b", "c"])
        me = api.get("/users/me", account_id="a")[1]
        self.assertTrue(me["premium"])
        self.assertEqual(me["provider_id"], found["a"]["connection_params"]["im"]["id"])
        self.assertFalse(api.get("/users/me", account_id="b")[1]["premium"])


class Chats(SimulatorTest):
    def test_first_message_next_message_reply(self):
        api = self.start(world({"slug": "ada", "degree": 1}))
        ada = api.id_of("acc", "ada")
        attendee = f"/chat_attendees/{ada}/chats"
        self.assert_error(
            api.get(attendee, account_id="acc"), 404, "resource_not_found",
            "The requested resource were not found.\nAttendee not found",
        )  # fmt: skip
        status, first = api.start_chat("acc", ada, "Hello\nAda")
        self.assertEqual((status, first["object"]), (201, "ChatStarted"))
        again = api.start_chat("acc", ada, "once more")[1]
        self.assertEqual(again["chat_id"], first["chat_id"])
        status, said = api.say("acc", first["chat_id"], "and again")
        self.assertEqual((status, said["object"]), (201, "MessageSent"))
        self.simulator.reply("acc", "ada", "Leave me alone")
        for path in (f"/chats/{first['chat_id']}/messages", "/messages"):
            found = api.items(path, account_id="acc")
            texts = ["Leave me alone", "and again", "once more", "Hello\nAda"]
            self.assertEqual([m["text"] for m in found], texts)
            self.assertEqual([m["is_sender"] for m in found], [0, 1, 1, 1])
            self.assertEqual(found[0]["sender_id"], ada)
            self.assertEqual(found[3]["id"], first["message_id"])
            self.assertNotEqual(found[1]["sender_id"], ada)
        for path in (attendee, "/chats"):
            chats = api.items(path, account_id="acc")
            self.assertEqual([c["id"] for c in chats], [first["chat_id"]])
            self.assertEqual(chats[0]["attendee_provider_id"], ada)
        self.assertEqual(api.get(f"/chats/{first['chat_id']}")[1]["type"], 0)

    def test_only_connections(self):
        people = [
            "stranger",
            {"slug": "pending", "pending": True},
            {"slug": "locked", "degree": 1, "locked": True, "provider_id": STRANGER},
            {"slug": "refuses", "degree": 1, "refuse_message": "user_unreachable"},
        ]
        api = self.start(world(*people))
        for slug in ("stranger", "pending"):
            self.assert_error(
                api.start_chat("acc", api.id_of("acc", slug), "x"), 422,
                "no_connection_with_recipient",
                "The recipient appears not to be first degree connection.",
            )  # fmt: skip
        self.assert_error(api.start_chat("acc", STRANGER, "x"), 422, "invalid_recipient")
        refuses = api.id_of("acc", "refuses")
        self.assert_error(api.start_chat("acc", refuses, "x"), 422, "user_unreachable")
        self.assert_error(api.start_chat("acc", "ada", "x"), 400, "invalid_parameters")

    def test_strict_forms(self):
        api = self.start()
        fields = [("account_id", "acc"), ("attendees_ids", STRANGER), ("text", "x")]
        wrong = [fields[:2], fields[1:], [fields[0], fields[2]], fields + [("text", "y")]]
        wrong += [fields + [("attendees_ids[]", STRANGER)], fields + [("unknown", "1")]]
        wrong += [fields + [("linkedin[inmail]", "yes")], [*fields[:2], ("text", "")]]
        for form in wrong:
            with self.subTest(form=form):
                self.assert_error(api.form("/chats", *form), 400, "invalid_parameters")
        as_json = {"account_id": "acc", "attendees_ids": [STRANGER], "text": "x"}
        self.assert_error(api.post("/chats", as_json), 400, "invalid_parameters")
        self.assert_error(api.post("/chats/x/messages", as_json), 400, "invalid_parameters")
        self.assertEqual(self.simulator.audit()["accepted"], 0)
        answered = api.form("/chats", *fields, ("linkedin[api]", "classic"))
        self.assertEqual(answered[0], 201)

    def test_broken_multiparts(self):
        api = self.start()
        fields = [("account_id", "acc"), ("attendees_ids", STRANGER), ("text", "x")]
        kind, good = multipart(fields)
        wrong = [
            ("multipart/form-data", good),
            ("multipart/form-data; boundary=", good),
            ("multipart/form-data; boundary=other", good),
            (kind, b""),
            (kind, good[:-4]),
            (kind, good + b"more"),
            (kind, good.replace(b"\r\n", b"\n")),
            (kind, b"preamble\r\n" + good),
            (kind, good.replace(b"form-data; name", b"form-data; nome")),
            (kind, good.replace(b"\r\n\r\nx", b"\r\n\r\n\xff")),
            (kind, good.replace(b"\r\n\r\nx", b"\r\n\r\na\0b")),
        ]
        for content_type, body in wrong:
            with self.subTest(content_type=content_type, body=body):
                answered = api.call("POST", "/chats", body, content_type)
                self.assert_error(answered, 400, "invalid_parameters")

    def test_long_texts(self):
        api = self.start()
        self.assertEqual(api.start_chat("acc", STRANGER, "é" * 8000)[0], 201)
        answered = api.start_chat("acc", STRANGER, "é" * 8001)
        self.assert_error(answered, 400, "too_many_characters")
        answered = api.start_chat("acc", STRANGER, "x" * (17 << 20))
        self.assert_error(answered, 400, "content_too_large")

    def test_chats_of_another_account(self):
        api = self.start()
        chat = api.start_chat("one", STRANGER, "x")[1]["chat_id"]
        self.assert_error(api.say("two", chat, "y"), 404, "resource_not_found")
        self.assert_error(api.say("one", "c0000000000000001", "y"), 404, "resource_not_found")
        path = f"/chats/{chat}/messages"
        self.assert_error(api.get(path, account_id="two"), 404, "resource_not_found")
        self.assertEqual(len(api.items(path, account_id="one")), 1)

    def test_inmail(self):
        scenario = world("ada")
        scenario["accounts"].append({"id": "paid", "premium": True})
        api = self.start(scenario)
        ada = api.id_of("acc", "ada")
        for account, status in (("acc", 403), ("paid", 201)):
            form = [("account_id", account), ("attendees_ids", ada), ("text", "x")]
            form += [("linkedin[api]", "classic"), ("linkedin[inmail]", "true")]
            self.assertEqual(api.form("/chats", *form)[0], status)
        self.assertEqual(api.items("/chats", account_id="paid")[0]["content_type"], "inmail")
        self.assertEqual(api.profile("paid", "ada")[1]["network_distance"], "SECOND_DEGREE")


class Lists(SimulatorTest):
    def test_pages_of_every_list(self):
        people = [{"slug": f"r{i}", "degree": 1} for i in range(5)]
        people += [{"slug": f"i{i}", "pending": True} for i in range(5)]
        api = self.start(world(*people))
        for i in range(5):
            api.start_chat("acc", api.id_of("acc", f"r{i}"), f"text {i}")
        for path in ("/users/relations", "/users/invite/sent", "/messages", "/chats"):
            with self.subTest(path=path):
                pages = api.pages(path, account_id="acc", limit=2)
                self.assertEqual([len(page) for page in pages], [2, 2, 1])
                flat = [item for page in pages for item in page]
                self.assertEqual(flat, api.items(path, account_id="acc"))
        texts = [m["text"] for m in api.items("/messages", account_id="acc", limit=1)]
        self.assertEqual(texts, [f"text {i}" for i in (4, 3, 2, 1, 0)])
        names = [r["public_identifier"] for r in api.items("/users/relations", account_id="acc")]
        self.assertEqual(names, ["r4", "r3", "r2", "r1", "r0"])

    def test_pages_of_a_chat(self):
        api = self.start()
        chat = api.start_chat("acc", STRANGER, "0")[1]["chat_id"]
        for i in range(1, 5):
            api.say("acc", chat, str(i))
        pages = api.pages(f"/chats/{chat}/messages", account_id="acc", limit=2)
        texts = [[m["text"] for m in page] for page in pages]
        self.assertEqual(texts, [["4", "3"], ["2", "1"], ["0"]])

    def test_a_new_relation_shifts_the_pages(self):
        people = [{"slug": f"r{i}", "degree": 1} for i in range(3)]
        api = self.start(world(*people, {"slug": "late", "pending": True}))
        cursor = api.get("/users/relations", account_id="acc", limit=2)[1]["cursor"]
        self.simulator.accept("acc", "late")
        second = api.get("/users/relations", account_id="acc", cursor=cursor)[1]["items"]
        self.assertEqual([r["public_identifier"] for r in second], ["r1", "r0"])

    def test_after_and_before_exclude_their_moment(self):
        api = self.start()
        chat = api.start_chat("acc", STRANGER, "0")[1]["chat_id"]
        self.simulator.ask("POST", "/clock", {"advance_ms": 5000})
        api.say("acc", chat, "1")
        newer, older = [m["timestamp"] for m in api.items("/messages", account_id="acc")]
        for path in ("/messages", f"/chats/{chat}/messages"):
            texts = [m["text"] for m in api.items(path, account_id="acc", after=older)]
            self.assertEqual(texts, ["1"])
            texts = [m["text"] for m in api.items(path, account_id="acc", before=newer)]
            self.assertEqual(texts, ["0"])
            self.assertEqual(api.items(path, account_id="acc", after=newer), [])

    def test_bad_parameters(self):
        api = self.start()
        wrong = [{"limit": 0}, {"limit": 251}, {"limit": "x"}, {"after": "2026-01-01"}]
        wrong += [{"after": "2026-01-01T00:00:00Z"}, {"before": "2026-01-01T00:00:00.000+01:00"}]
        for query in wrong:
            answered = api.get("/messages", account_id="acc", **query)
            self.assert_error(answered, 400, "invalid_parameters")
        for cursor in ("", "made-up", "e30="):
            answered = api.get("/messages", account_id="acc", cursor=cursor)
            self.assert_error(answered, 400, "invalid_cursor")
        self.assertEqual(api.get("/users/relations", account_id="acc", limit=1000)[0], 200)
        self.assert_error(
            api.get("/users/invite/sent", account_id="acc", limit=101), 400, "invalid_parameters"
        )

    def test_lag(self):
        api = self.start(None, "--lag", "60000")
        chat = api.start_chat("acc", STRANGER, "x")[1]["chat_id"]
        api.invite("acc", api.id_of("acc", "ada"))
        self.simulator.accept("acc", "ada")
        paths = ["/messages", "/users/relations", "/chats", f"/chats/{chat}/messages"]
        for path in paths:
            self.assertEqual(api.items(path, account_id="acc"), [], path)
        attendee = f"/chat_attendees/{STRANGER}/chats"
        self.assertEqual(api.get(attendee, account_id="acc")[0], 404)
        self.simulator.ask("POST", "/clock", {"advance_ms": 60000})
        for path in [*paths, attendee]:
            self.assertEqual(len(api.items(path, account_id="acc")), 1, path)


class People(SimulatorTest):
    def test_anyone_exists_always_the_same(self):
        api = self.start()
        first = api.profile("acc", "ada-lovelace")[1]
        self.assertEqual((first["first_name"], first["last_name"]), ("Ada", "Lovelace"))
        self.assertRegex(first["provider_id"], "^ACo")
        by_id = api.profile("other", first["provider_id"])[1]
        self.assertEqual(by_id["public_identifier"], "ada-lovelace")
        self.assertEqual(api.profile("acc", STRANGER)[1]["provider_id"], STRANGER)
        self.simulator.ask("POST", "/reset", {})
        self.assertEqual(api.id_of("acc", "ada-lovelace"), first["provider_id"])

    def test_anyone_who_was_invited_must_accept_first(self):
        api = self.start()
        api.invite("acc", STRANGER)
        answered = api.start_chat("acc", STRANGER, "x")
        self.assert_error(answered, 422, "no_connection_with_recipient")
        self.simulator.accept("acc", STRANGER)
        self.assertEqual(api.start_chat("acc", STRANGER, "x")[0], 201)

    def test_nobody_else_in_a_scenario(self):
        api = self.start(world("ada"))
        detail = "The requested resource were not found.\nUser not found"
        answered = api.profile("acc", "grace")
        self.assert_error(answered, 404, "resource_not_found", detail)

    def test_accounts_by_number(self):
        scenario = {"accounts": [{"id": "account-2", "premium": True}, {"id": "x"}]}
        api = self.start(scenario, "--accounts", "3")
        accounts = api.items("/accounts")
        ids = ["account-2", "x", "account-1", "account-3"]
        self.assertEqual([a["id"] for a in accounts], ids)
        self.assertTrue(api.get("/users/me", account_id="account-2")[1]["premium"])
        self.assertEqual(api.get("/users/me", account_id="account-4")[0], 404)

    def test_ids_of_the_viewer(self):
        scenario = {"accounts": [{"id": "a"}, {"id": "b"}], "people": [{"slug": "ada"}]}
        api = self.start(scenario, "--viewer-scoped")
        for_a, for_b = api.id_of("a", "ada"), api.id_of("b", "ada")
        self.assertNotEqual(for_a, for_b)
        self.assert_error(api.invite("b", for_a), 422, "invalid_recipient")
        self.assertEqual(api.invite("b", for_b)[0], 200)
        self.assertEqual(api.invite("a", for_a)[0], 200)
        # one human was invited twice, by two ids
        self.assertEqual(self.simulator.audit()["duplicates"], 1)

    def test_a_name_given_up_leads_to_the_same_person(self):
        api = self.start(world({"slug": "ada-king", "former_slugs": ["ada-byron", "ada"]}))
        now = api.profile("acc", "ada-king")[1]
        for slug in ("ada-byron", "ada"):
            self.assertEqual(api.profile("acc", slug)[1], now)
        self.assertEqual(now["public_identifier"], "ada-king")

    def test_connected_with_one_account(self):
        people = [{"slug": "ada", "degree": 3, "connected_with": ["a"]}]
        api = self.start({"accounts": [{"id": "a"}, {"id": "b"}], "people": people})
        ada = api.id_of("a", "ada")
        seen = {account: api.profile(account, "ada")[1] for account in ("a", "b")}
        self.assertEqual(seen["a"]["network_distance"], "FIRST_DEGREE")
        self.assertEqual(seen["b"]["network_distance"], "THIRD_DEGREE")
        found = api.items("/users/relations", account_id="a")
        self.assertEqual([r["member_id"] for r in found], [ada])
        self.assertEqual(api.items("/users/relations", account_id="b"), [])
        answered = api.start_chat("b", ada, "x")
        self.assert_error(answered, 422, "no_connection_with_recipient")
        self.assert_error(api.invite("a", ada), 422, "already_connected")
        self.assertEqual(api.start_chat("a", ada, "x")[0], 201)

    def test_they_accept_and_reply_in_their_time(self):
        spans = {"accept_after_ms": 1000, "reply_after_ms": 500, "reply_text": "Yes?"}
        api = self.start(world({"slug": "ada", **spans}))
        api.invite("acc", api.id_of("acc", "ada"), "a note")
        self.simulator.ask("POST", "/clock", {"advance_ms": 1000})
        self.assertEqual(len(api.items("/users/relations", account_id="acc")), 1)
        self.simulator.ask("POST", "/clock", {"advance_ms": 500})
        texts = [m["text"] for m in api.items("/messages", account_id="acc")]
        self.assertEqual(texts, ["Yes?", "a note"])
        self.simulator.ask("POST", "/clock", {"advance_ms": DAY_MS})
        self.assertEqual(len(api.items("/messages", account_id="acc")), 2)

    def test_shares_of_the_people_repeat(self):
        counts = []
        for _ in range(2):
            api = self.start(
                None, "--accept-percent", "30", "--accept-after", "0", "--reply-percent", "50"
            )
            for i in range(100):
                api.invite("acc", api.id_of("acc", f"p{i}"), "note")
            state = self.simulator.ask("GET", "/state")
            counts.append((state["relations"], state["messages_received"]))
        self.assertEqual(counts[0], counts[1])
        self.assertTrue(15 <= counts[0][0] <= 45, counts)
        self.assertTrue(0 < counts[0][1] < counts[0][0], counts)


if __name__ == "__main__":
    unittest.main()
