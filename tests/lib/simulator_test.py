"""Base of the tests of sam-simulator itself."""

import json
import os
import shutil
import tempfile
import unittest

import sam_test
from unipile_api import Api


class SimulatorTest(unittest.TestCase):
    """A test starts a simulator; that must end cleanly."""

    def start(self, scenario=None, *options):
        folder = tempfile.mkdtemp(prefix="sam-simulator.")
        self.addCleanup(shutil.rmtree, folder, True)
        path = None
        if scenario is not None:
            path = os.path.join(folder, "scenario.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(scenario, file)
        self.simulator = sam_test.Simulator(folder, path, options)
        self.addCleanup(self.end, self.simulator)
        sam_test.wait_for("answers", self.simulator.answers, watched=[self.simulator])
        self.api = Api(self.simulator.url, sam_test.API_KEY)
        return self.api

    def end(self, simulator):
        simulator.stop()
        self.assertEqual(simulator.complaints(), [])

    def assert_error(self, answered, status, kind, detail=None):
        self.assertEqual(answered[0], status, answered)
        body = answered[1]
        self.assertEqual(body["status"], status)
        self.assertEqual(body["type"], "errors/" + kind)
        self.assertTrue(body["title"])
        if detail is not None:
            self.assertEqual(body["detail"], detail)


def world(*people, **account):
    """A scenario of one account, "acc", and people by their public names."""
    described = [p if isinstance(p, dict) else {"slug": p} for p in people]
    return {"accounts": [{"id": "acc", **account}], "people": described}
