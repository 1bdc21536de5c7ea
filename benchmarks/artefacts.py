"""All that ships and is computed, an entry each: its files, the command that makes it, and what that looks at."""

from dataclasses import dataclass

RESULTS, IMAGE_RESULTS, NETWORKS = "ays_toy/runs/results", "ays_toy/images/results", "ays_toy/models/weights"
IMAGE_NETWORKS, IMAGE_DATA = "ays_toy/images/weights", "ays_toy/images/data"
WRITE_TO = "{to}"  # in a command: the folder that its files go to


@dataclass(frozen=True)
class Artefact:
    """Files that ship together, in one folder, and the command that makes them.

    `reads` are patterns of the data that it is made from, `starts` the modules whose code makes it, where that is not
    just the command's own. A training is begun only by its name.
    """

    name: str
    folder: str
    files: tuple[str, ...]  # patterns in that folder
    command: str  # after python -m
    takes: str
    reads: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    training: bool = False

    @property
    def code(self) -> tuple[str, ...]:
        """The modules that all the others are found from."""
        return self.starts or (self.command.split()[0],)


# In the order in which they are made: what one reads comes before it.
ARTEFACTS: dict[str, Artefact] = {
    one.name: one
    for one in (
        Artefact(
            "networks",
            NETWORKS,
            ("*.safetensors",),
            "ays_toy pretrain",
            "hours",
            starts=("ays_toy.cli.train",),
            training=True,
        ),
        Artefact(
            "digits-network",
            IMAGE_NETWORKS,
            ("digits-classifier.safetensors", "digits/**/*"),
            "ays_toy image pretrain",
            "an hour",
            starts=("ays_toy.cli.image_pretrain",),
            training=True,
        ),
        Artefact(
            "handwritten-network",
            IMAGE_NETWORKS,
            ("handwritten-classifier.safetensors", "handwritten/**/*"),
            "ays_toy image pretrain handwritten",
            "hours",
            reads=(f"{IMAGE_DATA}/*.npz",),
            starts=("ays_toy.cli.image_pretrain",),
            training=True,
        ),
        Artefact("searches", RESULTS, ("searches.json",), "benchmarks.searches --json {to}/searches.json", "minutes"),
        Artefact("presets", RESULTS, ("presets.json",), "benchmarks.presets --json {to}/presets.json", "hours"),
        Artefact(
            "outcomes",
            RESULTS,
            ("outcomes.parquet",),
            "benchmarks.outcomes --out {to}/outcomes.parquet",
            "a quarter of an hour",
            reads=(f"{RESULTS}/presets.json",),
        ),
        Artefact(
            "evidence",
            RESULTS,
            ("evidence.parquet",),
            "benchmarks.evidence --out {to}/evidence.parquet",
            "an hour",
            reads=(
                *(f"{NETWORKS}/moons.safetensors", f"{NETWORKS}/spirals.safetensors"),
                *(f"{IMAGE_NETWORKS}/digits-classifier.safetensors", f"{IMAGE_NETWORKS}/digits/**/*"),
            ),
        ),
        Artefact(
            "exhibits",
            RESULTS,
            ("exhibits.parquet",),
            "benchmarks.exhibits --out {to}/exhibits.parquet",
            "a quarter of an hour",
            reads=(f"{RESULTS}/evidence.parquet",),
        ),
        Artefact(
            "digits",
            IMAGE_RESULTS,
            ("digits.json", "digits.safetensors", "digits-pictures.npz"),
            "benchmarks.images digits --json {to}/digits.json",
            "an hour",
            reads=(f"{IMAGE_NETWORKS}/digits-classifier.safetensors", f"{IMAGE_NETWORKS}/digits/**/*"),
        ),
        Artefact(
            "handwritten",
            IMAGE_RESULTS,
            ("handwritten.json", "handwritten.safetensors", "handwritten-pictures.npz"),
            "benchmarks.images handwritten --figure energy-features --search 512 --iterations 20 --refining 128 "
            "--samples 4096 --half --json {to}/handwritten.json",
            "half a day; with a GPU an hour",
            reads=(
                f"{IMAGE_DATA}/*.npz",
                f"{IMAGE_NETWORKS}/handwritten-classifier.safetensors",
                f"{IMAGE_NETWORKS}/handwritten/**/*",
            ),
        ),
        Artefact(
            "table4", "docs", ("table4.json", "table4.md"), "benchmarks.paper table4 --folder {to}", "ten minutes"
        ),
        Artefact(
            "figure4", "docs", ("figure4.png",), "benchmarks.paper figure4", "a minute", reads=("docs/table4.json",)
        ),
        Artefact(
            "teaching",
            "docs",
            ("teaching.md",),
            "benchmarks.teaching --folder {to}",
            "half a minute",
            reads=(
                "docs/teaching.template.md",
                f"{RESULTS}/presets.json",
                f"{RESULTS}/searches.json",
                f"{NETWORKS}/*.safetensors",
            ),
        ),
        Artefact(
            "pictures",
            "docs",
            ("explore.png",),
            "benchmarks.pictures --folder {to}",
            "half a minute",
            reads=(
                ".streamlit/config.toml",
                "ays_toy/ui/components/**/*.js",
                "ays_toy/ui/components/**/*.css",
                f"{RESULTS}/presets.json",
            ),
            starts=("benchmarks.pictures", "app", "pages.explore"),
        ),
    )
}
