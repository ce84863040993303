"""samctl: columns, values and texts as people, spreadsheets and other tools write them (P7)."""

import json
import os
import unittest

from ctl_test import CtlTest, connector


class TextsTest(CtlTest):
    def texts(self, invitation, **more):
        return connector(
            message_templates={"connection_request": invitation, **more}, on_note_limit="cut"
        )

    def campaign(self, invitation, **more):
        self.prepare(campaigns=[self.texts(invitation, **more)])

    def load(self, text, *more):
        path = os.path.join(self.folder, "people.csv")
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.samctl_result("import", path, "--campaign", "spring", "--json", *more)

    def loaded(self, text):
        done = self.load(text)
        self.assertTrue(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def shown(self, *more):
        lines = self.samctl_json("preview", "spring", *more)
        return {l["person"]: l["text"] for l in lines if l["kind"] == "message"}


class Columns(TextsTest):
    def test_other_spellings_of_the_standard_columns(self):
        self.campaign("{first_name|?} {Last Name|?} {companyName|?} {title|?}")
        headers = [
            "LinkedIn_URL,First Name,Last Name,Company Name,Job Title",
            "URL,FirstName,lastName,company,Position",
            "Profile URL,first-name,LAST_NAME,CompanyName,title",
        ]
        for header in headers:
            self.database.execute("DELETE FROM prospect_approval_data")
            self.loaded(header + "\nhttps://www.linkedin.com/in/ada,Ada,Lovelace,Acme,Engineer\n")
            self.assertEqual(self.shown(), {"ada": "Ada Lovelace Acme Engineer"}, header)

    def test_the_users_own_columns(self):
        self.campaign("{custom.ice_breaker|?} {custom.topic|?} {custom.AI Opener|?}")
        self.loaded("linkedin_url,Ice Breaker,Topic,ai-opener\nada,one,two,three\n")
        self.assertEqual(self.shown(), {"ada": "one two three"})

    def test_both_a_standard_column_and_one_of_its_other_names(self):
        self.campaign("{title|?}, {custom.Job Title|?}")
        self.loaded("linkedin_url,URL,title,Job Title\nada,https://ada.example/,CTO,Boss\n")
        self.assertEqual(self.shown(), {"ada": "CTO, Boss"})

    def test_a_column_that_nobody_has(self):
        self.campaign("Hi", follow_up_1="About {custom.nosuch|it}, {custom.topic|that}")
        done = self.load("linkedin_url,Topic,pet\nada,pumps,Rex\n")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(
            "message_templates.follow_up_1: {custom.nosuch}: nobody has this column; there are "
            "{custom.Topic}, {custom.pet}", done.stderr
        )  # fmt: skip
        self.assertNotIn("custom.topic}: nobody", done.stderr)
        self.assertEqual(self.database.count("SELECT count(*) FROM prospect_approval_data"), 0)
        self.loaded("linkedin_url,no_such,topic\nada,x,pumps\n")
        # a later file need not have what somebody has already
        self.loaded("linkedin_url\nbob\n")
        self.assertEqual(self.refused_update("Hi {custom.pets|you}"), 1)
        self.samctl("approve", "--campaign", "spring", "--all")
        self.assertEqual(self.refused_update("Hi {custom.pets|you}"), 1)
        wrong = self.write_json("wrong.json", self.texts("Hi {custom.pets|you}"))
        self.assertIn("{custom.pets}: nobody has this column; there are {custom.no_such}, "
                      "{custom.topic}", self.refused("campaign", "check", wrong))  # fmt: skip
        fine = self.write_json("fine.json", self.texts("Hi {custom.TOPIC|you}"))
        self.samctl("campaign", "check", fine)
        self.samctl("campaign", "update", fine)

    def refused_update(self, invitation):
        path = self.write_json("new.json", self.texts(invitation))
        done = self.samctl_result("campaign", "update", path)
        self.assertIn("{custom.pets}: nobody has this column", done.stderr)
        return done.returncode

    def test_a_standard_column_that_nobody_has_is_noted(self):
        self.campaign("Hi {first_name|there}", follow_up_1="At {company|your firm}, {title|you}")
        self.loaded("linkedin_url,Firm,Position\nada,Acme,CTO\nbob,Bolt,\n")
        shown = self.samctl("preview", "spring")
        self.assertIn("note: nobody has a first_name: everybody gets the fallback", shown)
        self.assertIn("note: nobody has a company: everybody gets the fallback", shown)
        self.assertNotIn("nobody has a title", shown)
        self.assertNotIn("note:", self.samctl("preview", "spring", "--person", "ada"))

    def test_preview_of_people_from_before(self):
        self.campaign("Hi {custom.topic|you}")
        self.loaded("linkedin_url,topic\nada,pumps\n")
        self.database.execute("UPDATE prospect_approval_data SET custom = '{\"pet\": \"Rex\"}'")
        done = self.samctl_result("preview", "spring")
        self.assertIn("{custom.topic}: nobody has this column; there are {custom.pet}", done.stderr)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Hi you", done.stdout)


class Values(TextsTest):
    def test_values_that_no_human_has(self):
        self.campaign("Hi {first_name|there} of {company|your firm}, {custom.topic|pumps}")
        values = ["null", "N/A", "#REF!", "-", "[First Name]", "ada@example.org", "undefined"]
        lines = [f"p{i},{v},{v},{v}" for i, v in enumerate(values)]
        report = self.loaded("linkedin_url,first_name,company,topic\n" + "\n".join(lines)
                             + "\nzoe,Zoe,Acme,valves\nnull,Nobody,,\n")  # fmt: skip
        self.assertEqual((report["imported"], report["rejected"]), (8, 1))
        shown = self.shown("--limit", "20")
        self.assertEqual(shown.pop("zoe"), "Hi Zoe of Acme, valves")
        self.assertEqual(shown.pop("p5"), "Hi there of ada@example.org, ada@example.org")
        self.assertEqual(set(shown.values()), {"Hi there of your firm, pumps"})
        self.assertEqual(report["emptied"], 6 * 3 + 1 + 1)
        self.assertEqual(report["emptied_lines"], "2, 3, 4, 5, 6, 7, 8, 10")

    def test_what_is_in_the_database_already(self):
        self.campaign("Hi {first_name|there}", follow_up_1="Dear {first_name}")
        self.loaded("linkedin_url,first_name\nada,Ada\n")
        self.database.execute("UPDATE prospect_approval_data SET first_name = '#REF!'")
        shown = self.samctl("preview", "spring")
        self.assertIn("Hi there\n", shown)
        self.assertIn("NOT SENT: first_name is missing and has no fallback", shown)


class Syntax(TextsTest):
    def test_other_tools_variables_are_refused_with_a_hint(self):
        self.campaign("Hi")
        path = self.write_json("new.json", self.texts('Hi {{ first_name | default: "there" }}',
                                                      follow_up_1="Dear [First Name]"))  # fmt: skip
        for command in ("check", "update", "create"):
            said = self.refused("campaign", command, path)
            self.assertIn("connection_request:1:4: ", said)
            self.assertIn("SAM writes {first_name|there}", said)
            self.assertIn("follow_up_1:1:6: [First Name]: another tool's variable; SAM writes "
                          "{first_name}", said)  # fmt: skip


class Files(TextsTest):
    def test_linkedins_own_connections(self):
        self.campaign("Hi {first_name}, {title} of {company}")
        report = self.loaded(
            'Notes:\n"When exporting your connection data, you may notice that some of the email '
            'addresses are missing."\n\nFirst Name,Last Name,URL,Email Address,Company,Position,'
            "Connected On\nAda,Lovelace,https://www.linkedin.com/in/ada,,Acme,Engineer,01 Jan\n"
        )
        self.assertEqual((report["lines"], report["imported"]), (1, 1))
        self.assertEqual(self.shown(), {"ada": "Hi Ada, Engineer of Acme"})

    def test_a_custom_value_of_several_lines_is_sent_as_it_is(self):
        self.campaign("", follow_up_1="{custom.opener}")
        self.loaded('linkedin_url,opener\r\nada,"Hi Ada,\r\n\r\nhow are you?"\r\n')
        self.assertEqual(self.shown(), {"ada": "Hi Ada,\n\nhow are you?"})

    def test_a_value_that_swallowed_rows_is_told(self):
        self.campaign("{custom.opener}")
        done = self.load('linkedin_url,opener,company\nada,"Hi,Acme\nbob,Ho,Bolt\ncy,He",Core\n'
                         "dee,Hu,Dent\n")  # fmt: skip
        self.assertIn("people.csv:2: a value has swallowed what looks like further lines, up to "
                      "line 4", done.stderr)  # fmt: skip
        report = json.loads(done.stdout)
        self.assertEqual((report["imported"], report["rejected"]), (1, 1))


class Doubtful(TextsTest):
    def test_doubtful_names_stand_first_and_are_marked(self):
        self.campaign("Hi {first_name|there}")
        self.loaded("linkedin_url,first_name,company\na,Ada,Acme\nb,Bob,Bolt\nc,Cy,Core\nd,Dee,\n"
                    "e,DR. ANNA,\nf,Fay,M&amp;M\ng,Jos\u00c3\u00a9,\nh,Hal,\n")  # fmt: skip
        shown = self.samctl("preview", "spring")
        order = [line for line in shown.splitlines() if line.startswith("==")]
        self.assertEqual(order, [
            "== e (doubtful: first_name has a title)",
            "== f (doubtful: company has an HTML entity)",
            "== g (doubtful: first_name has broken characters)",
        ])  # fmt: skip
        self.assertIn("Hi DR. ANNA\n", shown)  # nothing is repaired
        self.assertIn("doubtful: 1 of 8 people, e.g. e: first_name has a title", shown)
        self.assertIn("the texts of all 8 people can be sent", shown)
        lines = self.samctl_json("preview", "spring", "--limit", "5")
        messages = [(l["person"], l["doubt"]) for l in lines if l["kind"] == "message"]
        self.assertEqual([m[0] for m in messages], ["e", "f", "g", "a", "b"])
        self.assertEqual(messages[2:4], [("g", "first_name has broken characters"), ("a", None)])
        counted = [(l["person"], l["people"]) for l in lines if l["kind"] == "doubtful"]
        self.assertEqual(counted, [("e", 1), ("f", 1), ("g", 1)])
        one = self.samctl("preview", "spring", "--person", "g")
        self.assertIn("== g (doubtful: ", one)


if __name__ == "__main__":
    unittest.main()
