"""The parsers that `fuzz.py` attacks: each with valid inputs, and with inputs as large as it takes."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save

from ays_toy.checks import expanded
from ays_toy.data import drawing, own_image, own_points, own_table
from ays_toy.data.drawing import Drawing
from ays_toy.exchange import reading
from ays_toy.images import sources
from ays_toy.images.pipelines import conditioning, finding, folders, processes
from ays_toy.models import catalog, checkpoints, store
from ays_toy.models.networks import MLPDenoiser, NetworkConfig
from ays_toy.models.training import TrainingConfig
from ays_toy.ui import codec
from ays_toy.ui.beat_ays.board import ChallengeView
from ays_toy.ui.images.image_view import ImagesView
from ays_toy.ui.own_data.bringing import DataView
from ays_toy.ui.train.network import TrainView
from ays_toy.ui.trajectories import TrajectoriesView
from ays_toy.ui.view import SearchView, Shared, View

DIGITS = Path(sources.__file__).parent / "weights" / "digits"
VIEWS = (View, SearchView, TrainView, DataView, ImagesView, ChallengeView, TrajectoriesView, Shared)
SIDE = 5000  # pixels: 25 megapixels, the most that are read
SMALL = TrainingConfig(network=NetworkConfig(width=16, depth=1), steps=10)


@dataclass(frozen=True)
class Parser:
    """What takes bytes, with a folder for files; valid inputs; the largest ones; and its share of all inputs."""

    name: str
    parse: Callable[[bytes, Path], Any]
    valid: Callable[[Path], list[bytes]]
    largest: Callable[[], list[bytes]] = list
    weight: float = 1.0


def _words(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _link(data: bytes, _: Path) -> None:
    query = dict(parse_qsl(_words(data), keep_blank_values=True))
    for view in VIEWS:
        state, _problems = codec.from_query(view, query)
        codec.to_query(state)


def _drawn() -> str:
    return catalog.name_of_drawing(Drawing((drawing.Stroke(((100, 256), (400, 256)), 40),), 100))


def _links(_: Path) -> list[bytes]:
    points = np.random.default_rng(0).normal(size=(30, 2))
    queries: list[dict[str, str]] = [
        {"data": "moons", "model": "mlp", "solver": "dpmpp_2m_sde", "steps": "7", "sigma_min": "0.01", "seed": "3"},
        {"data": _drawn(), "shown": "edm,ays,choice", "power": "1.5", "yours": "80,3,0.4,0.002,0"},
        {"data": f"points:{own_points.encode(points)}", "metric": "energy", "columns": "klub,nll", "nickname": "anna"},
        {"data": "own:mine", "model": "saved:mine", "width": "64", "rate": "0.002", "training_seed": "1"},
        {
            "image_model": "google/x",
            "prompts": "a\nb",
            "labels": "207, 3",
            "guidance": "7.5",
            "folder": "/x",
            "final_zero": "append",
        },
    ]
    return [urlencode(one).encode() for one in queries]


LEVELS = [80.0, 14.6, 3.9, 0.5, 0.03]


def _schedules(_: Path) -> list[bytes]:
    return [
        b"14.6, 6.5, 3.9, 2.7, 0.03",
        b"[14.6 6.5\n 3.9 0.03]",
        json.dumps({"sigmas": LEVELS, "final_zero": True}).encode(),
        b"step,sigma\n0,80\n1,3.5\n2,0.1\n",
        "index;σ\n0;80,5\n1;3,5\n2;0,1\n".encode(),
        b"sigmas: [80.0, 3.5, 0.1]",
        b"- 80.0\n- 3.5\n- 0.1\n",
        b"sigmas = torch.tensor([80.0, 3.5, 0.1], dtype=torch.float64)",
        b"array([np.float64(80.0), np.float64(3.5)])",
        "80, 3.5, 0.1".encode("utf-16"),
    ]


def _long_schedules() -> list[bytes]:
    most = reading.MAX_TEXT
    return [text[:most].encode() for text in ("1," * most, "[" * most, "9" * most, "a,b\n" * most, "1 2\n" * most)] + [
        b"9" * (most - 1) + b"x",
        b"1.5e" * (most // 4),
        (b"9" * 1000 + b"x,") * (most // 1002),
        b'{"sigmas":' + b"[" * (most - 10),
        b'{"sigmas":[' + b"9" * (most - 13) + b"]}",
        (b"float64(" * most)[:most],
        (b"sigma = " * most)[:most],
    ]


def _tables(_: Path) -> list[bytes]:
    rng = np.random.default_rng(0)
    rows = [f"{x:.3f},{y:.3f},{w:.1f}" for x, y, w in rng.random((30, 3))]
    return [
        "\n".join(["x,y,weight", *rows]).encode(),
        "\n".join(rows).replace(",", "\t").encode("utf-16"),
        "\n".join(row.replace(".", "§").replace(",", ";").replace("§", ",") for row in rows).encode(),
        "\n".join(["# x y", *(row.replace(",", " ") for row in rows)]).encode(),
        "\n".join([",0,1", *(f'{k},"{k}.5",{2 * k}' for k in range(30))]).encode(),
    ]


def _long_tables() -> list[bytes]:
    most = own_table.MAX_POINTS * own_table.ROW_BYTES
    rows = "\n".join(f"{k},{k % 7}" for k in range(own_table.MAX_POINTS)).encode()
    wide = ((b"1," * 1999 + b"1\n") * 2000)[:most]
    return [rows, wide, (b"\n" * most), (b'"' * most), (b"1,2\n" * most)[:most]]


def _table(data: bytes, _: Path) -> None:
    table = own_table.open_table(data)
    own_table.points(table)
    table.names(table.header)
    len(table.about)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _shape(mode: str = "RGB", side: int = 40) -> Image.Image:
    values = np.zeros((side, side), np.uint8)
    values[side // 4 : side // 2, side // 3 :] = 255
    return Image.fromarray(values.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(values).convert(mode)


def _pictures(_: Path) -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 6
    modes = ("RGB", "L", "1", "P", "LA", "RGBA", "I;16")
    return [_saved(_shape(mode), "PNG") for mode in modes] + [
        _saved(_shape(), "JPEG", exif=exif),
        _saved(_shape("CMYK"), "JPEG"),
        _saved(_shape("RGBA"), "WEBP"),
        _saved(_shape(), "BMP"),
        _saved(_shape(), "PNG", save_all=True, append_images=[_shape()]),
    ]


def _large_pictures() -> list[bytes]:
    huge = [_saved(_shape(mode, SIDE), "PNG") for mode in ("1", "P", "RGB", "RGBA", "I;16")]
    huge += [_saved(_shape("RGB", SIDE), "JPEG"), _saved(_shape("CMYK", SIDE), "JPEG")]
    exif = Image.Exif()
    exif[0x0112] = 6
    huge += [_saved(_shape("RGB", SIDE), "JPEG", exif=exif, progressive=True)]
    whole = _saved(_shape("L"), "PNG")
    header = whole[12:16] + struct.pack(">II", 2**31 - 1, 2**31 - 1) + whole[24:29]
    bomb = whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:]
    return [*huge, bomb]


def _file_of_a_folder(data: bytes, folder: Path) -> None:
    (folder / "picture").write_bytes(data)
    sources._read(folder / "picture", 3, 32, 32)


def _models(folder: Path) -> list[bytes]:
    file = folder / "model.safetensors"
    network = MLPDenoiser(SMALL.network, torch.Generator().manual_seed(0))
    checkpoints.save(file, network.state_dict(), SMALL, data="moons", excess=0.1, step=3)
    return [file.read_bytes(), save({"x": torch.randn(20, 2, dtype=torch.float64)}, {"about": '{"points": 20}'})]


def _large_models() -> list[bytes]:
    many = json.dumps({f"{k}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(300_000)}).encode()
    deep = b'{"__metadata__":{"config":"' + b"[" * 500_000 + b'"}}'
    wide = json.dumps({**asdict(SMALL), "network": {"width": 1024, "depth": 8}})
    headers = [many, deep, json.dumps({"__metadata__": {"config": wide}}).encode(), b"{" * 10**6, b""]
    return [len(one).to_bytes(8, "little") + one for one in headers] + [(2**40).to_bytes(8, "little") + b"{}"]


def _model(data: bytes, folder: Path) -> None:
    kept = store.ModelStore(folder / "models"), store.PointStore(folder / "points")
    problems: list[ValueError] = []
    for one in kept:
        one.folder.mkdir(exist_ok=True)
        (one.folder / "x.safetensors").write_bytes(data)
        one.list()
        try:
            one.load("x")
        except ValueError as error:
            problems.append(error)
        finally:
            for file in one.folder.iterdir():
                file.unlink()
    if len(problems) == len(kept):
        raise problems[0]


def _drawings(_: Path) -> list[bytes]:
    points = np.random.default_rng(0).normal(size=(30, 2))
    return [drawing.encode(drawing.smiley()).encode(), _drawn().encode()[6:], own_points.encode(points).encode()]


def _heavy_drawings() -> list[bytes]:
    corner, far = (0, 0), (511, 511)
    many = [drawing.Stroke((corner, far) * 8, 128, 3, "left-right") for _ in range(drawing.MAX_STROKES)]
    long = drawing.Stroke((corner, far) * (drawing.MAX_VERTICES // 2), 128, 3)
    return [drawing.encode(Drawing(strokes, 20_000)).encode() for strokes in (tuple(many), (long,))]


def _drawing(data: bytes, _: Path) -> None:
    text, problem = _words(data), None
    try:
        drawing.decode(text).points()
    except ValueError as error:
        problem = error
    try:
        own_points.decode(text)
    except ValueError:
        if problem:
            raise


def _packed(data: bytes, _: Path) -> None:
    """What lies within the text, which its checksum would else keep from being reached."""
    from ays_toy.data import packed

    _drawing(packed.pack(data[: packed.MAX_BYTES]).encode(), Path())


def _contents(_: Path) -> list[bytes]:
    from ays_toy.data import packed

    return [packed.unpack(text.decode(), "This is") for text in _drawings(Path())]


def _strokes(data: bytes, _: Path) -> None:
    try:
        sent = json.loads(_words(data))
    except (ValueError, RecursionError):  # what is no JSON does not get to us
        return
    Drawing.from_json(sent)


def _sent(_: Path) -> list[bytes]:
    return [json.dumps(drawing.smiley().to_json()).encode()]


def _config(data: bytes, folder: Path) -> None:
    (folder / "config.json").write_bytes(data)
    found = folders.read_json(folder / "config.json")
    problems = []
    for ask in (lambda: folders.check_index(found, "x"), lambda: processes.described(found, "x")):
        try:
            ask()
        except ValueError as error:
            problems.append(error)
    if len(problems) > 1:
        raise problems[1]


def _configs(_: Path) -> list[bytes]:
    return [(DIGITS / "model_index.json").read_bytes(), (DIGITS / "scheduler" / "scheduler_config.json").read_bytes()]


def _prompts(data: bytes, folder: Path) -> None:
    (folder / "prompts.txt").write_bytes(data)
    conditioning.prompts_from(folder / "prompts.txt")


def _path(data: bytes, _: Path) -> None:
    text = _words(data)[:200]
    if finding.serving.HUB_NAME.fullmatch(text):
        return  # that would ask the hub
    expanded(text)
    finding.open_folder(text)


PARSERS = (
    Parser("schedules", lambda data, _: reading.read_schedule(data), _schedules, _long_schedules, 4),
    Parser("links", _link, _links, weight=1),
    Parser("tables", _table, _tables, _long_tables, 2),
    Parser("pictures", lambda data, _: own_image.read_image(data), _pictures, _large_pictures, 1.5),
    Parser("images", _file_of_a_folder, _pictures, _large_pictures, 1),
    Parser("checkpoints", _model, _models, _large_models, 1.5),
    Parser("drawings", _drawing, _drawings, _heavy_drawings, 1),
    Parser("packed", _packed, _contents, weight=0.5),
    Parser("strokes", _strokes, _sent, weight=1),
    Parser("configs", _config, _configs, weight=1),
    Parser("prompts", _prompts, lambda _: [b"a lighthouse\na cat\n", "a\nb".encode("utf-16")], weight=2),
    Parser("paths", _path, lambda _: [b"~/models/x", b"~nobody_here/x", b"/no/such/folder", b"./x"], weight=1),
)
