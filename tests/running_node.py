"""A node in a process of its own, and a partner's SFTP session, for tests that want the real thing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko

from simulator.testing.client import Client

START_SECONDS = 20.0


class RunningNode:
    """One `aife-sim serve`. Stops with the process; `kill` is SIGKILL."""

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        points: str = "",
        command: tuple[str, ...] = ("-m", "simulator", "serve"),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.ready_file = folder / "ready.json"
        self.ready_file.unlink(missing_ok=True)
        self.log = folder / "node.log"
        own = {k: v for k, v in os.environ.items() if not k.startswith("AIFE_SIM_")}
        own |= {"AIFE_SIM_POINTS": points, **(environment or {})}
        given = ["--ephemeral", "--ready-file", str(self.ready_file)]
        if "--memory" not in arguments:
            given += ["--data", str(folder / "data")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, *given, *arguments],
                stdout=log, stderr=log, env=own, cwd=folder,
            )  # fmt: skip
        self.ready = self._wait()
        self.client = Client(self.ready["http"])

    def _wait(self) -> dict[str, Any]:
        pause = threading.Event()
        for _ in range(int(START_SECONDS / 0.01)):
            if self.ready_file.exists():
                content: dict[str, Any] = json.loads(self.ready_file.read_text())
                return content
            if self.process.poll() is not None:
                break
            pause.wait(0.01)
        self.kill()
        message = f"the node did not start: {self.log.read_text(errors='replace')}"
        raise RuntimeError(message)

    def partner(self, code: str) -> dict[str, Any]:
        return next(p for p in self.ready["partners"] if p["code_application"] == code)

    def quiet(self) -> None:
        self.client.get("/api/v1/quiet", timeout=30)

    def why(self, wanted: str = "latest") -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get(f"/api/v1/flows/{wanted}/why")
        return answer

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    def ended(self, seconds: float = 15.0) -> int:
        return self.process.wait(timeout=seconds)

    @contextmanager
    def session(self, code: str = "DEM001") -> Iterator[paramiko.SFTPClient]:
        """A partner's SFTP session by paramiko."""
        key = paramiko.RSAKey.from_private_key_file(f"{self.partner(code)['pki']}/ssh_key")
        transport = paramiko.Transport((self.ready["sftp"]["host"], self.ready["sftp"]["port"]))
        try:
            transport.connect(username=code, pkey=key)
            client = paramiko.SFTPClient.from_transport(transport)
            assert client is not None
            yield client
        finally:
            transport.close()

    def openssh(
        self, commands: str, code: str = "DEM001", *options: str
    ) -> subprocess.CompletedProcess[str]:
        """Runs OpenSSH `sftp` with a batch."""
        sftp, partner = self.ready["sftp"], self.partner(code)
        command = [
            "sftp",
            "-q",
            "-b",
            "-",
            "-P",
            str(sftp["port"]),
            "-i",
            f"{partner['pki']}/ssh_key",
        ]
        command += ["-o", f"UserKnownHostsFile={self.ready['pki']}/aife/known_hosts", *options]
        command += ["-o", "IdentitiesOnly=yes", f"{code}@{sftp['host']}"]
        return subprocess.run(
            command, input=commands, capture_output=True, text=True, timeout=120, check=False,
            cwd=self.folder,
        )  # fmt: skip


@contextmanager
def running_node(folder: Path, *arguments: str, **more: Any) -> Iterator[RunningNode]:
    node = RunningNode(folder, *arguments, **more)
    try:
        yield node
    finally:
        if node.process.poll() is None:
            node.kill()
