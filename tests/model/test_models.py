"""The models of SAM's promise hold, and each rule that is taken away is missed (tests/model)."""

import os
import re
import subprocess
import unittest

import spin

SOURCE = os.environ.get("SAM_SOURCE") or os.path.join(spin.FOLDER, "..", "..")
FULL = os.environ.get("SAM_TEST_LENGTH") == "all" or os.environ.get("SAM_FULL") == "1"


class Models(unittest.TestCase):
    def holds(self, model, **constants):
        found = spin.search(model, **constants)
        self.assertIsNone(found.wrong, f"{found.output}\n{found.trail[-6000:]}")
        self.assertTrue(found.whole, found.output)
        said = "".join(f" with {name} {value}" for name, value in constants.items())
        print(f"figure: model {model}{said}: {found.states} states, each as it must be")

    def each_rule_is_needed(self, model, **constants):
        names = spin.variants(model)
        self.assertGreater(len(names), 2)
        for name in names:
            with self.subTest(without=name):
                found = spin.search(model, name, **constants)
                self.assertIsNotNone(found.wrong, found.output)
                print(f"model {model}, {name}: {found.wrong}")

    def test_nobody_is_written_to_twice_and_every_item_ends(self):
        self.holds("once")

    def test_each_rule_of_once_is_needed(self):
        self.each_rule_is_needed("once")

    @unittest.skipUnless(FULL, "in full length only: minutes, and 4 GB of memory")
    def test_nobody_is_written_to_twice_in_three_attempts(self):
        self.holds("once", ATTEMPTS=3)

    @unittest.skipUnless(FULL, "in full length only: minutes, and 2 GB of memory")
    def test_nobody_is_written_to_twice_by_an_end_that_is_told_again(self):
        self.holds("once", TOLD_AGAIN=1)

    def test_nothing_goes_out_after_a_stop(self):
        self.holds("stops")

    def test_each_rule_of_stops_is_needed(self):
        self.each_rule_is_needed("stops")

    def test_a_search_that_was_cut_short_is_none(self):
        states = " 9 states, stored"
        for why in ("error: max search depth too small\n", "pan: out of memory\n"):
            self.assertFalse(spin.Search(why + states, "").whole)
        self.assertFalse(spin.Search("", "").whole)
        self.assertTrue(spin.Search(states, "").whole)

    def test_each_step_names_a_function_that_there_is(self):
        names = set()
        for model in ("once", "stops"):
            for comment in re.findall(r"/\*.*?\*/", spin.text(model), re.S):
                names.update(re.findall(r"\b(\w+)\(\)", comment))
        self.assertGreater(len(names), 12)
        for name in sorted(names):
            found = subprocess.run(
                ["grep", "-rqE", rf"\b{name}\(", *(f"{SOURCE}/{d}" for d in
                 ("common", "producer", "worker", "schemas"))], check=False,
            )  # fmt: skip
            self.assertEqual(found.returncode, 0, f"{name}() is in no source")


if __name__ == "__main__":
    unittest.main()
