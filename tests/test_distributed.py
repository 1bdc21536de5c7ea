"""Two processes under torchrun make one process's matrix, and being killed costs them at most a batch each."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from torchrun_pass import BATCH, IMAGES, LEVELS, data, model
from typer.testing import CliRunner

from ays_toy.cli import app
from ays_toy.images import collect

ROOT = Path(__file__).parent.parent
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
TOTAL = IMAGES // BATCH


def start(*arguments: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*TORCHRUN, *arguments],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def journal(folder: Path, rank: int) -> list[list[int]]:
    path = folder / f"journal{rank}"
    lines = path.read_text().splitlines() if path.is_file() else []
    return [[int(word) for word in line.split()] for line in lines if line.count(" ") == 1]


def test_killed_and_started_again_two_processes_lose_at_most_the_batches_in_hand(tmp_path):
    script = str(ROOT / "tests" / "torchrun_pass.py")
    process = start(script, str(tmp_path), "0.6")
    deadline = time.monotonic() + 120
    while min(len(journal(tmp_path, rank)) for rank in range(2)) < 3:  # the start, and two batches each
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    workers = [int((tmp_path / f"process{rank}").read_text()) for rank in range(2)]
    for pid in (process.pid, *workers):  # at once, so that nobody can tidy up
        os.kill(pid, signal.SIGKILL)
    process.communicate()
    done = sum(len(journal(tmp_path, rank)) - 1 for rank in range(2))
    assert 4 <= done < TOTAL
    for rank in range(2):
        (tmp_path / f"journal{rank}").unlink()
    process = start(script, str(tmp_path), "0")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    resumed = {line[1] for rank in range(2) for line in journal(tmp_path, rank)}
    assert len(resumed) == 1
    assert done <= resumed.pop() <= done + 2  # written, but killed before its line

    alone = collect.collect(model(), data(), np.geomspace(20.0, 0.02, LEVELS), batch=BATCH)
    for rank in range(2):
        np.testing.assert_array_equal(np.load(tmp_path / f"moments{rank}.npy"), alone.moments)
    assert [path.name for path in tmp_path.glob("pass*")] == ["pass.safetensors"]


def test_the_command_under_torchrun_writes_the_schedule_of_one_process(tmp_path):
    options = [
        "image",
        "optimize",
        "digits",
        "--method",
        "klub-optimum",
        "--steps",
        "5",
        "--paths",
        "24",
        "--batch",
        "8",
    ]
    options += ["--levels", "20", "--samples", "40", "--out"]
    process = start("-m", "ays_toy", *options, str(tmp_path / "two.json"))
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output
    assert output.count("Written to") == 1
    ran = CliRunner().invoke(app, [*options, str(tmp_path / "one.json")])
    assert ran.exit_code == 0, ran.output
    one, two = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("one", "two"))
    assert one == two
    assert one["steps"] == len(one["sigmas"]) - 1 == 5
    assert one["model"] == "digits"
